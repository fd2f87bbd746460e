import { Button, NativeSelect, TextInput } from "@mantine/core";
import type { FormEvent } from "react";
import { useAddMember } from "@/api/members";
import type { Role } from "@/api/types";
import { announce } from "@/ui/Announcer";
import { Refusal } from "@/ui/Callout";
import { Card } from "@/ui/Page";
import { ROLE_WORDS } from "@/ui/words";
import classes from "./Members.module.css";

const ROLES = Object.entries(ROLE_WORDS).map(([value, label]) => ({ value, label }));

export function AddMember({ dataset }: { dataset: number }) {
  const add = useAddMember(dataset);
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const element = event.currentTarget;
    const form = new FormData(element);
    const username = String(form.get("username")).trim();
    add.mutate(
      { username, role: form.get("role") as Role },
      {
        onSuccess: () => {
          element.reset();
          announce(`${username} is a member now.`);
        },
      },
    );
  };
  return (
    <Card title="Add a member">
      <form onSubmit={submit} className={classes.form}>
        <TextInput name="username" label="User name" required autoComplete="off" />
        <NativeSelect name="role" label="Role" data={ROLES} />
        <Button type="submit" loading={add.isPending}>
          Add
        </Button>
      </form>
      <Refusal error={add.error} />
    </Card>
  );
}
