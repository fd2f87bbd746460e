import { MantineProvider } from "@mantine/core";
import { QueryCache, QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter } from "react-router";
import { ApiError } from "@/api/http";
import { Announcer } from "@/ui/Announcer";
import { theme, variables } from "@/ui/theme";
import { Crash } from "./Crash";
import { Screens } from "./Screens";

/** A refusal stays a refusal: only what may have been a hiccup is tried again. */
const mayBeHiccup = (failures: number, error: Error) =>
  failures < 2 && !(error instanceof ApiError && error.status < 500);

/** A session that has run out shows as a refusal: the sign-in screen then takes over. */
function onError(error: Error) {
  if (error instanceof ApiError && error.status === 401) client.invalidateQueries({ queryKey: ["session"] });
}

const client: QueryClient = new QueryClient({
  queryCache: new QueryCache({ onError }),
  defaultOptions: { queries: { retry: mayBeHiccup, staleTime: 5_000 } },
});

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <Announcer />
        <Crash>
          <BrowserRouter>
            <Screens />
          </BrowserRouter>
        </Crash>
      </QueryClientProvider>
    </MantineProvider>
  );
}
