import { Button, Group, NativeSelect, Stack, TextInput } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { Link, useNavigate } from "react-router";
import { useCreateDataset } from "@/api/datasets";
import { ApiError } from "@/api/http";
import type { NewDataset } from "@/api/types";
import { Refusal } from "@/ui/Callout";
import { Card, Page } from "@/ui/Page";
import { MEDIA_WORDS, POLICY_WORDS, TASK_WORDS } from "@/ui/words";

type TaskType = NewDataset["task_type"];

/** What the items can be where a label is of this sort: only a text has spans, and only a picture boxes. */
const MEDIA: Record<TaskType, NewDataset["media"][]> = {
  classification: ["image", "text", "table"],
  multilabel: ["image", "text", "table"],
  spans: ["text"],
  boxes: ["image"],
};

const TASKS = (Object.keys(MEDIA) as TaskType[]).map((value) => ({
  value,
  label: TASK_WORDS[value] ?? value,
}));

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
    task_type: form.get("task_type") as TaskType,
    media: form.get("media") as NewDataset["media"],
    signoff_policy: form.get("signoff_policy") as NewDataset["signoff_policy"],
    classes: classesOf(String(form.get("classes"))),
  };
}

export default function NewDatasetPage() {
  const navigate = useNavigate();
  const create = useCreateDataset();
  const [task, setTask] = useState<TaskType>("classification");
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
              name="task_type"
              label="A label is"
              data={TASKS}
              value={task}
              onChange={(event) => setTask(event.currentTarget.value as TaskType)}
              error={fields.task_type?.join(" ")}
            />
            <NativeSelect
              name="media"
              label="Each item is"
              data={MEDIA[task].map((value) => ({ value, label: MEDIA_WORDS[value] ?? value }))}
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
