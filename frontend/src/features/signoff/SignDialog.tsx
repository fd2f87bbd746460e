import { Button, Modal, NativeSelect, PasswordInput, Stack, Textarea } from "@mantine/core";
import { type FormEvent, useState } from "react";
import { sign, useForgetDataset } from "@/api/corrections";
import { useSession } from "@/api/session";
import type { Correction, Signature } from "@/api/types";
import { announce } from "@/ui/Announcer";
import { Refusal } from "@/ui/Callout";
import { plural } from "@/ui/values";
import classes from "./SignOff.module.css";
import type { Verdict } from "./SignOffPage";

const MEANINGS: Record<Verdict, string[]> = {
  approve: [
    "I have reviewed the item and agree with the correction",
    "I take responsibility for the corrected label",
  ],
  reject: ["I have reviewed the item and do not agree", "I need more evidence before I can agree"],
};

type Props = {
  dataset: number;
  verdict: Verdict;
  corrections: Correction[];
  onClose: () => void;
  onSigned: (id: number) => void;
};

/** Asks who signs to say so with their password: a signature each, under one entry of the password. */
export function SignDialog({ dataset, verdict, corrections, onClose, onSigned }: Props) {
  const user = useSession().data?.user?.username;
  const forget = useForgetDataset(dataset);
  const [error, setError] = useState<Error | null>(null);
  const [isBusy, setBusy] = useState(false);
  const isReject = verdict === "reject";

  const signAll = async (signature: Signature) => {
    for (const { id } of corrections) {
      await sign(id, signature);
      onSigned(id);
    }
  };
  const submit = async (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const text = (name: string) => String(form.get(name) ?? "");
    setBusy(true);
    setError(null);
    try {
      await signAll({
        verdict,
        password: text("password"),
        meaning: text("meaning"),
        comment: text("comment").trim(),
      });
      announce(`${plural(corrections.length, "correction")} ${isReject ? "returned" : "approved"}.`);
      onClose();
    } catch (refusal) {
      setError(refusal as Error);
    } finally {
      setBusy(false);
      forget();
    }
  };

  const title = `${isReject ? "Return" : "Approve"} ${plural(corrections.length, "correction")}`;
  return (
    <Modal opened onClose={onClose} title={title}>
      <form onSubmit={submit}>
        <Stack gap="md">
          <NativeSelect name="meaning" label="My signature means" data={MEANINGS[verdict]} />
          <Textarea
            name="comment"
            label={isReject ? "Reason, for the author" : "Comment"}
            description={isReject ? "It goes back with the item into the author's queue." : undefined}
            required={isReject}
            rows={2}
          />
          <PasswordInput
            name="password"
            label={`Password of ${user}`}
            description="Signing asks for it again, so that it is surely you."
            autoComplete="current-password"
            required
            data-autofocus
          />
          <Refusal error={error} />
          <div className={classes.dialogFoot}>
            <Button variant="default" onClick={onClose}>
              Cancel
            </Button>
            <Button type="submit" loading={isBusy} disabled={corrections.length === 0}>
              Sign and {isReject ? "return" : "approve"}
            </Button>
          </div>
        </Stack>
      </form>
    </Modal>
  );
}
