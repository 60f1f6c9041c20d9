const paths = {
  plus: "M12 5v14M5 12h14",
  menu: "M4 7h16M4 12h16M4 17h10",
  close: "M6 6l12 12M18 6L6 18",
  send: "M12 19V5M5.5 11.5L12 5l6.5 6.5",
  stop: "M8 8h8v8H8z",
  pencil: "M4 20l1-4L16.5 4.5a2.1 2.1 0 013 3L8 19l-4 1zM14.5 6.5l3 3",
  trash: "M5 7h14M10 7V4.5h4V7M7 7l.8 12.5h8.4L17 7M10.3 11v5M13.7 11v5",
  image: "M4 5.5h16v13H4zM4 15.5l4.5-4.5 4 4 2.5-2.5 5 5M15.2 9.3h.1",
  gear: "M12 15.2a3.2 3.2 0 100-6.4 3.2 3.2 0 000 6.4zM12 3v2.3M12 18.7V21M3 12h2.3M18.7 12H21M5.6 5.6l1.7 1.7M16.7 16.7l1.7 1.7M18.4 5.6l-1.7 1.7M7.3 16.7l-1.7 1.7",
  copy: "M9 9h10v11H9zM15 9V4H5v11h4",
  check: "M5 12.5l4.5 4.5L19 7.5",
  retry:
    "M4.5 12a7.5 7.5 0 0113-5.1L20 9.5M20 4.5v5h-5M19.5 12a7.5 7.5 0 01-13 5.1L4 14.5M4 19.5v-5h5",
  run: "M12 7.2a2.2 2.2 0 100-4.4 2.2 2.2 0 000 4.4zM6 21.2a2.2 2.2 0 100-4.4 2.2 2.2 0 000 4.4zM18 21.2a2.2 2.2 0 100-4.4 2.2 2.2 0 000 4.4zM12 7.2c0 5-6 4.5-6 9.6M12 7.2c0 5 6 4.5 6 9.6",
  down: "M12 5v14M5.5 12.5L12 19l6.5-6.5",
  pin: "M12 21s6.5-6 6.5-11a6.5 6.5 0 10-13 0c0 5 6.5 11 6.5 11zM12 12.2a2.2 2.2 0 100-4.4 2.2 2.2 0 000 4.4z",
  scissors: "M7 17.5a2.5 2.5 0 100-.1M7 6.6a2.5 2.5 0 100-.1M9 8l11 8M9 16l11-8",
  alert: "M12 8v5M12 16.3h.01M12 3.8l9 15.7H3z",
  scan: "M4 8.5V6a2 2 0 012-2h2.5M15.5 4H18a2 2 0 012 2v2.5M20 15.5V18a2 2 0 01-2 2h-2.5M8.5 20H6a2 2 0 01-2-2v-2.5M12 15.4a3.4 3.4 0 100-6.8 3.4 3.4 0 000 6.8z",
  assistant: "M4 5.5h16v10.5H11l-4.5 3.5V16H4zM8.5 10.8h.01M12 10.8h.01M15.5 10.8h.01",
  rooms: "M4 5.5h10v7H8.5L5.5 15v-2.5H4zM17 9.5h3v7h-1.5V19l-3-2.5H10V15",
  collection: "M4 5h6.5v6.5H4zM13.5 5H20v6.5h-6.5zM4 14.5h6.5V20H4zM13.5 14.5H20V20h-6.5z",
  link: "M10 14a4 4 0 005.7 0l3-3A4 4 0 0013 5.3l-1 1M14 10a4 4 0 00-5.7 0l-3 3A4 4 0 0011 18.7l1-1",
} as const;

export type IconName = keyof typeof paths;

/** Drawn in the colour of the text around it; says nothing to a screen reader. */
export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 24 24" aria-hidden="true">
      <path d={paths[name]} />
    </svg>
  );
}

export function Leaf() {
  return (
    <svg class="leaf" viewBox="5.5 5.5 20 20" aria-hidden="true">
      <path class="leaf-blade" d="M9 21.5c-1.2-7.4 3.6-12.6 14-12.5.4 9.7-4 14.6-11.2 13.3" />
      <path class="leaf-stem" d="M8.5 24c2-5 5-8 9.5-10.2" />
    </svg>
  );
}
