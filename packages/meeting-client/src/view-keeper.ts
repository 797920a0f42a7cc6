import { applyChanges, type MeetingChange, type MeetingView } from '@guildhall/domain';

export interface Step {
  readonly rev: number;
  readonly changes: readonly MeetingChange[];
  /** The revision the changes follow; absent: the one before `rev`. */
  readonly after?: number;
}

/** More steps than this while a gap is healed are not kept: the whole view is asked for again anyway. */
const MAX_KEPT = 500;

/** The numbered view: one snapshot, then steps in order. */
export class ViewKeeper {
  #rev = 0;
  #view: MeetingView | null = null;
  #kept: Step[] = [];

  get rev(): number {
    return this.#rev;
  }

  get view(): MeetingView | null {
    return this.#view;
  }

  /** A whole view; steps which came early and follow it are applied. True when nothing is missing. */
  reset(rev: number, view: MeetingView): boolean {
    this.#rev = rev;
    this.#view = view;
    const kept = this.#kept.toSorted((a, b) => a.rev - b.rev);
    this.#kept = [];
    for (const step of kept) this.apply(step);
    return this.#kept.length === 0;
  }

  /** True when it is in the view now; false when one before it is missing. A step known already changes nothing. */
  apply(step: Step): boolean {
    const after = step.after ?? step.rev - 1;
    if (!this.#view || after > this.#rev) {
      if (this.#kept.length < MAX_KEPT) this.#kept.push(step);
      return false;
    }
    if (step.rev <= this.#rev) return true;
    // The changes of a step cannot be taken apart.
    if (after < this.#rev) return false;
    this.#view = applyChanges(this.#view, step.changes);
    this.#rev = step.rev;
    return true;
  }
}
