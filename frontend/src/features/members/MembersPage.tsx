import { Button } from "@mantine/core";
import { useDataset } from "@/api/datasets";
import { useMembers, useRemoveMember } from "@/api/members";
import type { Member } from "@/api/types";
import { Refusal } from "@/ui/Callout";
import { type Column, DataTable } from "@/ui/DataTable";
import { Loaded } from "@/ui/Loaded";
import { More } from "@/ui/More";
import { Card, Page } from "@/ui/Page";
import { Tag } from "@/ui/Tag";
import { useDatasetId } from "@/ui/useDatasetId";
import { ROLE_WORDS } from "@/ui/words";
import { AddMember } from "./AddMember";
import { PolicyCard } from "./PolicyCard";

const MAY: Record<string, string> = {
  owner: "Everything, members and settings too",
  lead: "Import, detect, review, freeze versions",
  expert: "Review, and sign as an expert",
  annotator: "Review and comment",
};

export default function MembersPage() {
  const id = useDatasetId();
  const { data: dataset } = useDataset(id);
  const list = useMembers(id);
  const remove = useRemoveMember(id);
  const mayManage = dataset?.abilities.includes("manage") ?? false;
  const columns: Column<Member>[] = [
    { name: "Who", cell: ({ user }) => <strong>{user.username}</strong> },
    { name: "Role", cell: ({ role }) => <Tag>{ROLE_WORDS[role]}</Tag> },
    { name: "May", cell: ({ role }) => MAY[role] },
  ];
  const removal: Column<Member> = {
    name: "Actions",
    isNameHidden: true,
    isNumber: true,
    cell: ({ user }) => (
      <Button
        variant="subtle"
        color="gray"
        size="xs"
        onClick={() => remove.mutate(user.id)}
        aria-label={`Remove ${user.username}`}
      >
        Remove
      </Button>
    ),
  };
  return (
    <Page
      title="Members"
      lead="Who sees this dataset, and what each may do. To everyone else it does not exist."
    >
      <Card title="Members" flush>
        <Loaded answer={list}>
          {() => (
            <DataTable
              label="Members"
              rows={list.rows}
              columns={mayManage ? [...columns, removal] : columns}
              keyOf={({ user }) => user.id}
            />
          )}
        </Loaded>
        <More list={list} />
      </Card>
      <Refusal error={remove.error} />
      {mayManage && <AddMember dataset={id} />}
      {dataset && <PolicyCard dataset={dataset} mayChange={mayManage} />}
    </Page>
  );
}
