import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";

/** Within this many pixels of the end a reader counts as following. */
const nearPx = 72;

/** Keeps a list at its end while it grows, unless the reader went up to read. */
export function useStickToEnd(
  box: { current: HTMLElement | null },
  subject: string | undefined,
): { isAtEnd: boolean; toEnd: () => void } {
  const isSticking = useRef(true);
  const [isAtEnd, setAtEnd] = useState(true);

  const jump = () => {
    const element = box.current;
    if (element) element.scrollTop = element.scrollHeight;
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
    let lastTop = element.scrollTop;
    const onScroll = () => {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      const wentUp = element.scrollTop < lastTop - 1;
      lastTop = element.scrollTop;
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
    return () => {
      watcher.disconnect();
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
