import { ActionIcon, useMantineColorScheme } from "@mantine/core";
import { Monitor, Moon, Sun } from "lucide-react";

const SCHEMES = {
  auto: { icon: Monitor, word: "as the system", next: "light" },
  light: { icon: Sun, word: "light", next: "dark" },
  dark: { icon: Moon, word: "dark", next: "auto" },
} as const;

/** Goes round light, dark and the system's choice. */
export function ThemeToggle() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  const { icon: Icon, word, next } = SCHEMES[colorScheme];
  const label = `Colours: ${word}. Switch to ${SCHEMES[next].word}`;
  return (
    <ActionIcon
      variant="subtle"
      color="gray"
      size="lg"
      aria-label={label}
      title={label}
      onClick={() => setColorScheme(next)}
    >
      <Icon size={17} />
    </ActionIcon>
  );
}
