import { Button, Modal, Stack, Textarea, TextInput } from "@mantine/core";
import type { FormEvent } from "react";
import { ApiError } from "@/api/http";
import { useFreeze } from "@/api/versions";
import { announce } from "@/ui/Announcer";
import { Refusal } from "@/ui/Callout";
import { nextTag } from "./tags";
import classes from "./Versions.module.css";

type Props = { dataset: number; latest?: string; onClose: () => void };

export function FreezeDialog({ dataset, latest, onClose }: Props) {
  const freeze = useFreeze(dataset);
  const fields = freeze.error instanceof ApiError ? freeze.error.fields : {};
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = { tag: String(form.get("tag")).trim(), note: String(form.get("note")).trim() };
    freeze.mutate(body, {
      onSuccess: ({ tag }) => {
        announce(`Version ${tag} is frozen.`);
        onClose();
      },
    });
  };
  return (
    <Modal opened onClose={onClose} title="Freeze a version">
      <form onSubmit={submit}>
        <Stack gap="md">
          <TextInput
            name="tag"
            label="Tag"
            description="For example 1.0. It cannot be used twice."
            defaultValue={nextTag(latest)}
            required
            data-autofocus
            error={fields.tag?.join(" ")}
          />
          <Textarea name="note" label="Note" rows={2} placeholder="What is in it, for those who come later" />
          <Refusal error={freeze.error} />
          <div className={classes.dialogFoot}>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={freeze.isPending}>
              Freeze
            </Button>
          </div>
        </Stack>
      </form>
    </Modal>
  );
}
