import { Button, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Link, useNavigate } from "react-router";
import { useCreateDataset } from "@/api/datasets";
import { ApiError } from "@/api/http";
import type { NewDataset } from "@/api/types";
import { Refusal } from "@/ui/Callout";
import { Card, Page } from "@/ui/Page";
import { MEDIA_WORDS, POLICY_WORDS } from "@/ui/words";

const options = (words: Record<string, string>) =>
  Object.entries(words).map(([value, label]) => ({ value, label }));

/** "cat, dog" → ["cat", "dog"]; nothing → undefined, so that the classes come from the import. */
function classesOf(text: string) {
  const names = text.split(",").map((name) => name.trim());
  const known = names.filter(Boolean);
  return known.length > 0 ? known : undefined;
}

function datasetOf(form: FormData): NewDataset {
  return {
    name: String(form.get("name")).trim(),
    task_type: "classification",
    media: form.get("media") as NewDataset["media"],
    signoff_policy: form.get("signoff_policy") as NewDataset["signoff_policy"],
    classes: classesOf(String(form.get("classes"))),
  };
}

export default function NewDatasetPage() {
  const navigate = useNavigate();
  const create = useCreateDataset();
  const [policy, setPolicy] = useState("second_reviewer");
  const fields = create.error instanceof ApiError ? create.error.fields : {};
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    create.mutate(datasetOf(new FormData(event.currentTarget)), {
      onSuccess: ({ id }) => navigate(`/datasets/${id}/import`),
    });
  };
  return (
    <Page title="New dataset" lead="What it holds, and who must agree before a label changes." narrow>
      <Card>
        <form onSubmit={submit}>
          <Stack gap="md">
            <TextInput
              name="name"
              label="Name"
              required
              maxLength={200}
              autoFocus
              error={fields.name?.join(" ")}
            />
            <NativeSelect
              name="media"
              label="Each item is"
              data={options(MEDIA_WORDS)}
              error={fields.media?.join(" ")}
            />
            <TextInput
              name="classes"
              label="Classes"
              description="Separated by commas, in the order of the number keys. Leave it empty to take them from the import."
              error={fields.classes?.join(" ")}
            />
            <NativeSelect
              name="signoff_policy"
              label="Sign-off"
              data={options(POLICY_WORDS)}
              value={policy}
              onChange={(event) => setPolicy(event.currentTarget.value)}
            />
            <Refusal error={create.error} />
            <Group gap="xs">
              <Button type="submit" loading={create.isPending}>
                Create and import
              </Button>
              <Button component={Link} to="/" variant="subtle" color="gray">
                Cancel
              </Button>
            </Group>
          </Stack>
        </form>
      </Card>
    </Page>
  );
}
