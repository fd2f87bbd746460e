export default function ReviewPage() {
  return <main>Review</main>;
}
