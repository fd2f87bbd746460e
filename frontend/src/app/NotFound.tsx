import { Button } from "@mantine/core";
import { Compass } from "lucide-react";
import { Link } from "react-router";
import { Notice } from "@/ui/Notice";

export function NotFound() {
  const home = (
    <Button component={Link} to="/">
      To the datasets
    </Button>
  );
  return (
    <Notice icon={Compass} title="There is nothing at this address" actions={home} isWhole>
      It may have been removed, or it belongs to a dataset that you are not a member of.
    </Notice>
  );
}
