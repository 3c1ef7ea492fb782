/** A form in a dialog: what the server refuses is said beside its field, or below all of them. */
import type { ComponentChildren } from "preact";
import { ApiError } from "../api";
import { say } from "./action";
import { TextField } from "./field";
import { Dialog, Failure } from "./ui";

interface FormProps {
  title: string;
  button: string;
  children: ComponentChildren;
  /** What to say when it is done. */
  send: () => Promise<string>;
  onClose: () => void;
  error: (e: ApiError) => void;
  shown: ApiError | undefined;
}

export function FormDialog({ title, button, children, send, onClose, error, shown }: FormProps) {
  return (
    <Dialog title={title} onClose={onClose}>
      <form
        noValidate
        onSubmit={(e) => {
          e.preventDefault();
          send().then(
            (done) => {
              say(done);
              onClose();
            },
            (why: unknown) => error(why instanceof ApiError ? why : new ApiError(0, "page", String(why), "")),
          );
        }}
      >
        {children}
        <Failure error={shown} />
        <div class="dialog-actions">
          <button type="button" onClick={onClose}>
            Leave it
          </button>
          <button class="primary">{button}</button>
        </div>
      </form>
    </Dialog>
  );
}

/** Nobody checks the name; the audit log and others see it. It is kept in this browser, for all that is done here. */
export function Who({ name, set }: { name: string; set: (name: string) => void }) {
  return <TextField id="actor" label="Your name" value={name} set={set} hint="for others, and for the audit log; kept in this browser" />;
}
