/** Tables of all pages: the columns say what stands where. On a phone each row becomes a card, with the names of its columns. */
import type { ComponentChildren, JSX } from "preact";

export interface Column<T> {
  name: string;
  cell: (row: T) => ComponentChildren;
  num?: boolean;
  /** Of its cells, besides `num`. */
  class?: string;
  /** Names the row for those who hear the table; `title` explains it. */
  heads?: boolean;
  title?: (row: T) => string;
}

interface Props<T> {
  rows: readonly T[];
  columns: readonly Column<T>[];
  keyOf: (row: T) => string;
  /** What can be done with a row: buttons, in a last column without a name. */
  actions?: (row: T) => ComponentChildren;
  attributes?: (row: T, at: number) => JSX.HTMLAttributes<HTMLTableRowElement>;
  class?: string;
}

/** The bare table, as panels have it. */
export function PlainTable<T>({ rows, columns, keyOf, actions, attributes, class: name }: Props<T>) {
  return (
    <table class={name ?? "plain"}>
      <thead>
        <tr>
          {columns.map((c) => (
            <th key={c.name} scope="col" class={c.num ? "num" : undefined}>
              {c.name}
            </th>
          ))}
          {actions && (
            <th scope="col">
              <span class="hidden">actions</span>
            </th>
          )}
        </tr>
      </thead>
      <tbody>
        {rows.map((row, i) => (
          <tr key={keyOf(row)} {...attributes?.(row, i)}>
            {columns.map((c) => (
              <Cell key={c.name} of={row} column={c} />
            ))}
            {actions && <td class="row-actions">{actions(row)}</td>}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

function Cell<T>({ of: row, column: c }: { of: T; column: Column<T> }) {
  if (c.heads)
    return (
      <th scope="row" title={c.title?.(row)}>
        {c.cell(row)}
      </th>
    );
  const name = [c.num ? "num" : "", c.class ?? ""].filter(Boolean).join(" ");
  return (
    <td data-name={c.name} class={name || undefined}>
      {c.cell(row)}
    </td>
  );
}

/** A table of its own, framed and as wide as the page. */
export function Table<T>(props: Props<T>) {
  return (
    <div class="table-box">
      <PlainTable {...props} class={props.class ?? ""} />
    </div>
  );
}
