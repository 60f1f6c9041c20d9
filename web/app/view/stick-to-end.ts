import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** Within this many pixels of the end a reader counts as following. */
const nearPx = 72;
/** A wheel or finger moves the list this long after it was last felt. */
const handMs = 700;
const hands = ["wheel", "touchmove", "keydown", "pointerdown"] as const;

/** Keeps a list at its end while it grows, unless the reader went up to read. */
export function useStickToEnd(
  box: { current: HTMLElement | null },
  subject: string | undefined,
): { isAtEnd: boolean; toEnd: () => void } {
  const isSticking = useRef(true);
  const [isAtEnd, setAtEnd] = useState(true);
  /** The list when it was last seen or put at its end. */
  const last = useRef({ top: 0, height: 0 });

  const jump = () => {
    const element = box.current;
    if (!element) return;
    element.scrollTop = element.scrollHeight;
    last.current = { top: element.scrollTop, height: element.scrollHeight };
  };

  useLayoutEffect(() => {
    isSticking.current = true;
    setAtEnd(true);
    jump();
  }, [subject]);

  useEffect(() => {
    const element = box.current;
    const inner = element?.firstElementChild;
    if (!element || !inner) return;
    let touchedAt = -handMs;
    const onHand = () => (touchedAt = performance.now());
    const onScroll = () => {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      const { top, height } = last.current;
      last.current = { top: element.scrollTop, height: element.scrollHeight };
      // a list that changed its height moves by itself, too; then only a hand on it counts
      const isMeant = element.scrollHeight === height || performance.now() - touchedAt < handMs;
      const wentUp = element.scrollTop < top - 1 && isMeant;
      if (left <= nearPx) isSticking.current = true;
      else if (wentUp) isSticking.current = false; // growth below is no scrolling away
      setAtEnd(isSticking.current);
    };
    const watcher = new ResizeObserver(() => {
      if (isSticking.current) jump();
    });
    watcher.observe(inner);
    watcher.observe(element);
    element.addEventListener("scroll", onScroll, { passive: true });
    for (const name of hands) element.addEventListener(name, onHand, { passive: true });
    return () => {
      watcher.disconnect();
      for (const name of hands) element.removeEventListener(name, onHand);
      element.removeEventListener("scroll", onScroll);
    };
  }, []);

  return {
    isAtEnd,
    toEnd: () => {
      isSticking.current = true;
      setAtEnd(true);
      jump();
    },
  };
}
