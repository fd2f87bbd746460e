import { Button, Menu } from "@mantine/core";
import { BookOpen, ChevronDown, LogOut } from "lucide-react";
import { useSession, useSignOut } from "@/api/session";

export function UserMenu() {
  const { data } = useSession();
  const signOut = useSignOut();
  return (
    <Menu position="bottom-end" width={200}>
      <Menu.Target>
        <Button
          variant="subtle"
          color="gray"
          size="sm"
          px={10}
          rightSection={<ChevronDown size={14} aria-hidden />}
        >
          {data?.user?.username}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item component="a" href="/api/docs/" leftSection={<BookOpen size={15} aria-hidden />}>
          API reference
        </Menu.Item>
        <Menu.Item leftSection={<LogOut size={15} aria-hidden />} onClick={() => signOut.mutate()}>
          Sign out
        </Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}
