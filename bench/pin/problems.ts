/** What went wrong, by kind. */
export class Problems {
  readonly #where: string;
  readonly #lists = new Map<string, string[]>();

  constructor(where: string) {
    this.#where = where;
  }

  add(kind: string, text: string): void {
    this.#lists.set(kind, [...(this.#lists.get(kind) ?? []), text]);
  }

  get count(): number {
    return [...this.#lists.values()].reduce((sum, list) => sum + list.length, 0);
  }

  /** Prints so many of each kind. */
  print(shown: number): void {
    for (const [kind, list] of this.#lists) {
      console.log(`\n${this.#where}: ${kind}: ${list.length}`);
      for (const text of list.slice(0, shown)) console.log(`  ${text}`);
      if (list.length > shown) console.log(`  … and ${list.length - shown} more (--verbose)`);
    }
  }
}
