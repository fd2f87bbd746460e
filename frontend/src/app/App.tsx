import { Button, MantineProvider } from "@mantine/core";
import { QueryClient, QueryClientProvider } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { BrowserRouter, Route, Routes } from "react-router";
import { theme, variables } from "@/ui/theme";

const ReviewPage = lazy(() => import("@/features/review/ReviewPage"));
const client = new QueryClient();

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={variables} defaultColorScheme="auto">
      <QueryClientProvider client={client}>
        <BrowserRouter>
          <Suspense>
            <Routes>
              <Route path="/datasets/:id/review" element={<ReviewPage />} />
              <Route path="*" element={<Button>LabelReview</Button>} />
            </Routes>
          </Suspense>
        </BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>
  );
}
