// Files imported as text or data: `import script from "./x.lua" with { type: "text" }`.
declare module "*.lua" {
  const text: string;
  export default text;
}
declare module "*.sql" {
  const text: string;
  export default text;
}
declare module "*.md" {
  const text: string;
  export default text;
}
declare module "*.yaml" {
  const data: unknown;
  export default data;
}
