import createClient from "openapi-fetch";
import type { components, paths } from "./schema";

type ErrorBody = components["schemas"]["Error"];
type Flag = components["schemas"]["FlagDetail"];

/** What the server said when it refused: `{code, detail, fields?}`, and with a 409 the flag as it is now. */
export class ApiError extends Error {
  readonly status: number;
  readonly code: string;
  readonly fields: Record<string, string[]>;
  readonly flag: Flag | undefined;

  constructor(status: number, body: Partial<ErrorBody> & { flag?: Flag }) {
    super(body.detail ?? `The server answered ${status}.`);
    this.status = status;
    this.code = body.code ?? "unknown";
    this.fields = body.fields ?? {};
    this.flag = body.flag;
  }
}

/** The server could not be reached at all. */
export class OfflineError extends Error {
  constructor() {
    super("The server cannot be reached. Check the connection, then try again.");
  }
}

let csrfToken = "";

/** The token comes with the session and changes at sign in. */
export function rememberCsrfToken(token: string) {
  csrfToken = token;
}

declare global {
  interface Window {
    /** Answers on their way since before the scripts were there: `public/early.js`. */
    early?: Record<string, Promise<Response>>;
  }
}

/** The early answer to the request, once; a refusal may be from before the sign-in, and is asked for again. */
async function takeEarly(request: Request) {
  const { pathname } = new URL(request.url);
  const early = request.method === "GET" ? window.early?.[pathname] : undefined;
  delete window.early?.[pathname];
  const answer = await early?.catch(() => undefined);
  return answer?.ok ? answer : fetch(request);
}

export const client = createClient<paths>({
  headers: { Accept: "application/json" },
  fetch: takeEarly,
});

client.use({
  onRequest({ request }) {
    if (request.method !== "GET") request.headers.set("X-CSRFToken", csrfToken);
    return request;
  },
  onError: () => new OfflineError(),
});

type Answer<T> = { data?: T; error?: unknown; response: Response };

/** The answer's data, or its refusal as an `ApiError`. */
export async function unwrap<T>(answer: Promise<Answer<T>>): Promise<T> {
  const { data, error, response } = await answer;
  if (!response.ok)
    throw new ApiError(response.status, typeof error === "object" && error !== null ? error : {});
  return data as T;
}

/** The next page of a list, by the address that the page before it gave. */
export async function follow<T>(address: string): Promise<T> {
  const { pathname, search } = new URL(address, window.location.origin);
  const response = await fetch(pathname + search).catch(() => {
    throw new OfflineError();
  });
  const body = await response.json();
  if (!response.ok) throw new ApiError(response.status, body);
  return body;
}
