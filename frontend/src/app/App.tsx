import { MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { BrowserRouter } from "react-router";
import { ApiError } from "@/api/http";
import { Announcer } from "@/ui/Announcer";
import { theme, variables } from "@/ui/theme";
import { Crash } from "./Crash";
import { Screens } from "./Screens";

/** A refusal stays a refusal: only what may have been a hiccup is tried again. */
const mayBeHiccup = (failures: number, error: Error) =>
  failures < 2 && !(error instanceof ApiError && error.status < 500);

const client = new QueryClient({
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
