import { Button, PasswordInput, Stack, TextInput } from "@mantine/core";
import { useDocumentTitle } from "@mantine/hooks";
import type { FormEvent } from "react";
import { useSignIn } from "@/api/session";
import { Refusal } from "@/ui/Callout";
import classes from "./SignIn.module.css";

/** The form asks for what the person has; where they wanted to go is kept by the router. */
export default function SignInPage() {
  useDocumentTitle("Sign in · LabelReview");
  const signIn = useSignIn();
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    signIn.mutate({ username: String(form.get("username")), password: String(form.get("password")) });
  };
  return (
    <main className={classes.page}>
      <form className={classes.card} onSubmit={submit}>
        <img src="/favicon.svg" width={40} height={40} alt="" />
        <div>
          <h1 className={classes.title}>Sign in to LabelReview</h1>
          <p className={classes.lead}>Review suspicious labels, correct them, sign them off.</p>
        </div>
        <Stack gap="sm">
          <TextInput name="username" label="User name" autoComplete="username" required autoFocus size="md" />
          <PasswordInput
            name="password"
            label="Password"
            autoComplete="current-password"
            required
            size="md"
          />
        </Stack>
        <Refusal error={signIn.error} />
        <Button type="submit" size="md" fullWidth loading={signIn.isPending}>
          Sign in
        </Button>
      </form>
    </main>
  );
}
