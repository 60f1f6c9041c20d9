/** Ways to tell a model to be another one. Rough on purpose: what passes is still only data to the model. */
const patterns: readonly RegExp[] = [
  /\b(ignore|disregard|forget)\b.{0,40}\b(previous|above|prior|earlier|all)\b.{0,40}\b(instructions?|prompts?|rules?)\b/is,
  /\b(reveal|print|show|repeat)\b.{0,40}\b(system|hidden|initial)\b.{0,20}\b(prompt|instructions?|message)\b/is,
  /\byou are now\b.{0,40}\b(dan|jailbroken|unrestricted|developer mode)\b/is,
  /(이전|지금까지|위|앞)의?.{0,12}(지시|명령|규칙|프롬프트).{0,12}(무시|잊어|따르지)/s,
  /시스템.{0,6}(프롬프트|메시지|지시).{0,12}(보여|알려|출력|말해|공개)/s,
  /<\|?(im_start|im_end|system|endoftext)\|?>/i,
];

export function looksLikeInjection(text: string): boolean {
  return patterns.some((pattern) => pattern.test(text));
}
