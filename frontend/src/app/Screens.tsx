import { lazy, Suspense } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { useSession } from "@/api/session";
import { Loaded } from "@/ui/Loaded";
import { Waiting } from "@/ui/Waiting";
import { DatasetFrame } from "./DatasetFrame";
import { NotFound } from "./NotFound";
import { Shell } from "./Shell";

const SignInPage = lazy(() => import("@/features/session/SignInPage"));
const DatasetsPage = lazy(() => import("@/features/datasets/DatasetsPage"));
const NewDatasetPage = lazy(() => import("@/features/datasets/NewDatasetPage"));
const OverviewPage = lazy(() => import("@/features/overview/OverviewPage"));
const ReviewPage = lazy(() => import("@/features/review/ReviewPage"));
const FlagsPage = lazy(() => import("@/features/flags/FlagsPage"));
const SignOffPage = lazy(() => import("@/features/signoff/SignOffPage"));
const ImportsPage = lazy(() => import("@/features/imports/ImportsPage"));
const RunsPage = lazy(() => import("@/features/runs/RunsPage"));
const VersionsPage = lazy(() => import("@/features/versions/VersionsPage"));
const VersionPage = lazy(() => import("@/features/versions/VersionPage"));
const AuditPage = lazy(() => import("@/features/audit/AuditPage"));
const MembersPage = lazy(() => import("@/features/members/MembersPage"));

/** Every screen and its address. Who is not signed in sees the sign-in screen, then what they came for. */
export function Screens() {
  const session = useSession();
  return (
    <Loaded answer={session}>
      {({ user }) => (
        <Suspense fallback={<Waiting />}>
          <Routes>
            <Route path="signin" element={user ? <Back /> : <SignInPage />} />
            <Route element={user ? <Shell /> : <ToSignIn />}>
              <Route index element={<DatasetsPage />} />
              <Route path="datasets/new" element={<NewDatasetPage />} />
              <Route path="datasets/:dataset" element={<DatasetFrame />}>
                <Route index element={<OverviewPage />} />
                <Route path="review" element={<ReviewPage />} />
                <Route path="flags" element={<FlagsPage />} />
                <Route path="signoff" element={<SignOffPage />} />
                <Route path="import" element={<ImportsPage />} />
                <Route path="detection" element={<RunsPage />} />
                <Route path="versions" element={<VersionsPage />} />
                <Route path="versions/:version" element={<VersionPage />} />
                <Route path="audit" element={<AuditPage />} />
                <Route path="members" element={<MembersPage />} />
              </Route>
              <Route path="*" element={<NotFound />} />
            </Route>
          </Routes>
        </Suspense>
      )}
    </Loaded>
  );
}

function ToSignIn() {
  const { pathname, search } = useLocation();
  return <Navigate to="/signin" state={{ from: pathname + search }} replace />;
}

function Back() {
  const { state } = useLocation();
  return <Navigate to={state?.from ?? "/"} replace />;
}
