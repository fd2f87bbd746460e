/** A label with a tick: the product's mark. */
export function Logo() {
  return (
    <svg width="24" height="24" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" fill="#4a47c4" />
      <path
        d="M9 8h9.6a2 2 0 0 1 1.5.7l4.3 5a3.5 3.5 0 0 1 0 4.6l-4.3 5a2 2 0 0 1-1.5.7H9a2 2 0 0 1-2-2V10a2 2 0 0 1 2-2Z"
        fill="none"
        stroke="#fff"
        strokeWidth="2.4"
      />
      <path
        d="m11.6 16.2 2.9 2.9 5-5.6"
        fill="none"
        stroke="#fff"
        strokeWidth="2.4"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  );
}
