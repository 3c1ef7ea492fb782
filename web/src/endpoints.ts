/** Which endpoints this scheduler has: what it does not have is not shown. */
import { useEffect, useState } from "preact/hooks";
import { get } from "./api";

/** Asked for once; of a scheduler that does not answer: none. */
export const endpoints: Promise<readonly string[]> = get<{ endpoints: string[] }>("api").then(
  (index) => index.endpoints,
  () => [],
);

/** @param endpoint  `GET /api/alerts`; undefined while that is not known yet */
export function useHas(endpoint: string): boolean | undefined {
  const [has, setHas] = useState<boolean>();
  useEffect(() => {
    let over = false;
    void endpoints.then((all) => over || setHas(all.includes(endpoint)));
    return () => void (over = true);
  }, [endpoint]);
  return has;
}
