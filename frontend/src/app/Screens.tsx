import { Suspense } from "react";
import { Navigate, Route, Routes, useLocation } from "react-router";
import { useSession } from "@/api/session";
import { Loaded } from "@/ui/Loaded";
import { later } from "@/ui/later";
import { Waiting } from "@/ui/Waiting";
import { DatasetFrame } from "./DatasetFrame";
import { NotFound } from "./NotFound";
import { Shell } from "./Shell";

const SignInPage = later(() => import("@/features/session/SignInPage"));
const DatasetsPage = later(() => import("@/features/datasets/DatasetsPage"));
const NewDatasetPage = later(() => import("@/features/datasets/NewDatasetPage"));
const OverviewPage = later(() => import("@/features/overview/OverviewPage"));
const ReviewPage = later(() => import("@/features/review/ReviewPage"));
const FlagsPage = later(() => import("@/features/flags/FlagsPage"));
const SignOffPage = later(() => import("@/features/signoff/SignOffPage"));
const ImportsPage = later(() => import("@/features/imports/ImportsPage"));
const RunsPage = later(() => import("@/features/runs/RunsPage"));
const VersionsPage = later(() => import("@/features/versions/VersionsPage"));
const VersionPage = later(() => import("@/features/versions/VersionPage"));
const AuditPage = later(() => import("@/features/audit/AuditPage"));
const MembersPage = later(() => import("@/features/members/MembersPage"));

/** Fetches the review screen's code before it is asked for: where one arrives, or is about to. */
export function prepare(pathname: string) {
  return /\/review$/.test(pathname) ? ReviewPage.load() : Promise.resolve();
}

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
