/** Keys under which something is accepted once. */

/** A new one, of 128 random bits. */
export async function newKey(): Promise<string> {
  const bytes = (await source()).getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}

async function source(): Promise<Crypto> {
  if (globalThis.crypto) return globalThis.crypto;
  // Node.js 18 has it in a module only, which tools that bundle for browsers shall not look for.
  const name = "node:crypto";
  return ((await import(name)) as { webcrypto: Crypto }).webcrypto;
}
