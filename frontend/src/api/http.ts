import type { ApiErrorBody } from "./types";

/** What the server said when it refused: `{code, detail, fields?}`, and the rest of its answer. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Record<string, string[]>;
  readonly body: Record<string, unknown>;

  constructor(status: number, body: Partial<ApiErrorBody> & Record<string, unknown>) {
    super(body.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.code = body.code ?? "unknown";
    this.fields = (body.fields as Record<string, string[]>) ?? {};
    this.body = body;
  }
}

/** The server could not be reached at all. */
export class OfflineError extends Error {
  constructor() {
    super("The server cannot be reached. Check the connection, then try again.");
  }
}

type Query = Record<string, string | number | boolean | null | undefined>;

let csrfToken = "";

/** The token comes with the session and changes at sign in. */
export function rememberCsrfToken(token: string) {
  csrfToken = token;
}

function urlOf(path: string, query: Query = {}) {
  const given = Object.entries(query).filter(
    ([, value]) => value !== undefined && value !== null && value !== "",
  );
  const search = new URLSearchParams(given.map(([key, value]) => [key, String(value)]));
  return search.size > 0 ? `/api${path}?${search}` : `/api${path}`;
}

async function bodyOf(response: Response) {
  if (response.status === 204) return undefined;
  const isJson = response.headers.get("content-type")?.includes("json");
  return isJson ? response.json() : { detail: `The server answered ${response.status}.` };
}

async function send<T>(method: string, url: string, body?: unknown): Promise<T> {
  const isForm = body instanceof FormData;
  const headers: Record<string, string> = { Accept: "application/json" };
  if (method !== "GET") headers["X-CSRFToken"] = csrfToken;
  if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
  const init = {
    method,
    headers,
    body: isForm ? body : body === undefined ? undefined : JSON.stringify(body),
  };
  const response = await fetch(url, init).catch(() => {
    throw new OfflineError();
  });
  const answer = await bodyOf(response);
  if (!response.ok) throw new ApiError(response.status, answer ?? {});
  return answer as T;
}

export const http = {
  get: <T>(path: string, query?: Query) => send<T>("GET", urlOf(path, query)),
  post: <T>(path: string, body: unknown = {}) => send<T>("POST", urlOf(path), body),
  patch: <T>(path: string, body: unknown) => send<T>("PATCH", urlOf(path), body),
  delete: <T>(path: string) => send<T>("DELETE", urlOf(path)),
  /** The next page of a list, by the address that the page before it gave. */
  follow: <T>(address: string) => {
    const { pathname, search } = new URL(address, window.location.origin);
    return send<T>("GET", pathname + search);
  },
};
