import {
  Button,
  type CSSVariablesResolver,
  createTheme,
  type MantineColorsTuple,
  Modal,
  Paper,
} from "@mantine/core";

/** The one accent. Blue, orange and green stay free for what a label is: given, predicted, accepted. */
const iris: MantineColorsTuple = [
  "#f1f1fd",
  "#e1e1f8",
  "#c2c2ef",
  "#a2a1e8",
  "#8887e1",
  "#7371da",
  "#5d5bd0",
  "#4a47c4",
  "#3f3cae",
  "#322f91",
];

const gray: MantineColorsTuple = [
  "#f7f8fa",
  "#eff1f4",
  "#e3e6eb",
  "#d0d5dd",
  "#b3bac6",
  "#8b94a3",
  "#667080",
  "#4b5462",
  "#323945",
  "#1c2129",
];

const dark: MantineColorsTuple = [
  "#d5d9e0",
  "#b4bac5",
  "#98a0ae",
  "#6b7383",
  "#3a4150",
  "#2c323e",
  "#22272f",
  "#181c22",
  "#12151a",
  "#0c0e12",
];

export const theme = createTheme({
  colors: { iris, gray, dark },
  primaryColor: "iris",
  primaryShade: { light: 7, dark: 6 },
  fontFamily:
    '"Inter Variable", system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, SFMono-Regular, Menlo, Consolas, "Liberation Mono", monospace',
  fontSizes: { xs: "0.75rem", sm: "0.8125rem", md: "0.875rem", lg: "1rem", xl: "1.25rem" },
  headings: {
    fontWeight: "620",
    sizes: {
      h1: { fontSize: "1.5rem", lineHeight: "1.25" },
      h2: { fontSize: "1.0625rem", lineHeight: "1.35" },
      h3: { fontSize: "0.9375rem", lineHeight: "1.4" },
    },
  },
  defaultRadius: "md",
  radius: { xs: "3px", sm: "5px", md: "7px", lg: "10px", xl: "16px" },
  respectReducedMotion: true,
  components: {
    Button: Button.extend({ defaultProps: { size: "sm" } }),
    Modal: Modal.extend({
      defaultProps: {
        centered: true,
        radius: "lg",
        transitionProps: { duration: 0 },
        closeButtonProps: { "aria-label": "Close" },
      },
    }),
    Paper: Paper.extend({ defaultProps: { radius: "lg" } }),
  },
});

/** Mantine's surfaces and texts follow the palette of base.css, which knows both schemes. */
export const variables: CSSVariablesResolver = () => {
  const both = {
    "--mantine-color-body": "var(--page)",
    "--mantine-color-text": "var(--ink)",
    "--mantine-color-dimmed": "var(--ink-faint)",
    "--mantine-color-anchor": "var(--iris)",
    "--mantine-color-error": "var(--alarm)",
    "--mantine-color-placeholder": "var(--ink-faint)",
    "--mantine-color-default": "var(--surface)",
    "--mantine-color-default-border": "var(--line-strong)",
    "--mantine-color-default-hover": "var(--surface-sunken)",
  };
  return { variables: {}, light: both, dark: both };
};
