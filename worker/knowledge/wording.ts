// How people put a thing into a question: what follows a noun, what a question is made of, and which
// ordinary words only look like things.

import { endsWithFinal } from "./text.ts";

const after =
  "이었는데|였는데|이었어|였어|입니다|인데요|이에요|이예요|인가요|일까요|이라도|이라는|이라고|이라면|이든지|" +
  "말고는|같은거|같은건|같은것|에서|에게|한테|이랑|하고|이나|라도|까지|부터|마다|밖에|조차|이야|예요|에요|" +
  "이요|인데|인가|인지|이면|이고|이며|이든|든지|처럼|보다|이란|라는|라고|라면|이죠|이지|일까|일때|이다|" +
  "으로|같은|종류|쓰레기|들|은|는|이|가|을|를|도|만|의|에|로|랑|과|와|나|야|요|란|라|면|고|며|든|죠|지|임|" +
  "다|께|뿐|쯤|좀";
const afterChain = new RegExp(`^(?:${after}){0,3}$`);
const afterShort =
  /^(?:들)?(?:(?:은|는|이|가|을|를|도|만|랑|이랑|하고|과|와|나|이나|말고|부터|까지|같은|같은거|이야|야|이에요|예요|인데|이요)(?:은|는|도)?)?요?$/;
const clearAfter = /^(?:은|는|을|를|이랑|랑|하고|에서|에|으로|도)/;
const oblique = /^(?:에서|에(?!요)|으로|로)/;

/** Whether a tail is nothing but particles: "은요", "이랑", "도". */
export function isParticles(tail: string): boolean {
  return afterChain.test(tail);
}

/** The same for a one-syllable noun, where a loose ending would make another word (약과, 초과, 책임). */
export function isPlainParticle(tail: string): boolean {
  return afterShort.test(tail);
}

/** Whether a tail opens with a particle that hardly begins a noun; more may follow without a space. */
export function opensWithParticle(tail: string): boolean {
  return clearAfter.test(tail);
}

/** "신문지로 싼", "냉장고에 있던": the noun is not what is being thrown away. */
export function isOblique(tail: string): boolean {
  return oblique.test(tail);
}

/**
 * A word without its particles, longest ending first; the word itself when nothing would be left. Two
 * syllables before what may be a verb's ending (빠지는) stay whole: they are a verb more often than a noun.
 */
export function withoutParticles(word: string): string {
  for (let cut = 2; cut < word.length; cut++) {
    const tail = word.slice(cut);
    if (isParticles(tail))
      return cut === 2 && /^[는면고며지나든]/.test(tail) ? word : word.slice(0, cut);
  }
  return word;
}

/** "세탁긴데" → 세탁기, "건전질" → 건전지: the noun before a particle that melted into it. */
export function withoutMeltedParticle(word: string): string | undefined {
  const ending = /(?:데|데요|가|가요|지|지요)$/.exec(word)?.[0] ?? "";
  const noun = ending === "" ? word : word.slice(0, -ending.length);
  if (noun.length < (ending === "" ? 3 : 2)) return undefined;
  const isNieun = endsWithFinal(noun, "ㄴ");
  if (!isNieun && !(ending === "" && endsWithFinal(noun, "ㄹ"))) return undefined;
  const open = noun.charCodeAt(noun.length - 1) - (isNieun ? 4 : 8);
  return noun.slice(0, -1) + String.fromCharCode(open);
}

const qualifiers = new Set("폐 빈 헌 새 큰 긴 옛".split(" "));

/** Whether the letters before a noun, in the same word, may stand there: "폐", "안쓰는", "깨진". */
export function isQualifier(head: string): boolean {
  return qualifiers.has(head);
}

/** Pieces of a question about throwing something away. */
export const disposalWords = [
  ..."버려 버리 버릴 버린 버립 버렸 버림 버려도 버려야 버리는법 버리는방법 버리는거 버리는데".split(
    " ",
  ),
  ..."분리수거 분리배출 분리 배출 수거 수거함 재활용 처리 폐기 내놓 내놔 담아 넣어 재활용되".split(
    " ",
  ),
];

/** Other pieces of a question; never part of a thing's name. */
export const questionWords = [
  ..."어떻게 어떡해 어떻해 어케 어디 어디다 어디에 뭐야 뭐로 무엇 무슨 어느 왜 되나 되나요 돼요 될까".split(
    " ",
  ),
  ..."되는 되는지 해도 하나요 하나 하죠 해요 알려 알려줘 알려주세요 가르쳐 궁금 방법 가능 맞아 맞나 인가요".split(
    " ",
  ),
  ..."말고 아니고 대신 여러가지 몇가지 한가지 두가지 세가지 가지고 가지러 안에 같이 함께 그리고".split(
    " ",
  ),
  ..."가지런 어떤 이불러 인가요 그러면 그럼 혹시 수거해 있나요 있는지 그냥 이거 그거 저거 이건 요거".split(
    " ",
  ),
];

/** Words that turn the noun before them away: "종이컵 말고". */
export const refusals: ReadonlySet<string> = new Set(["말고", "아니고", "대신"]);

/** Short names that are everyday words too; they count only in a message about throwing away. */
export const everydayNames: ReadonlySet<string> = new Set(
  "사기 과도 가시 정제 산제 파일 전담 보배 버즈 드럼 망간 로봇 지도 필름 사료 자판 렌지 펀치 원단 왁스".split(
    " ",
  ),
);

/** Ordinary words one slip away from a thing's name; never read as a misspelling. */
export const ordinaryWords: ReadonlySet<string> = new Set(
  (
    "가장 겨울 거의 그릇 기자 기타 시간 버릇 양심 약속 사람 친구 오늘 내일 어제 지금 나중 우리 저희 여기 저기 거기 " +
    "정말 진짜 너무 아주 매우 조금 많이 항상 가끔 먼저 다시 아직 벌써 이제 바로 계속 자꾸 제발 사실 생각 마음 느낌 " +
    "얘기 이야기 문제 방법 이유 상황 경우 정도 부분 시작 마지막 처음 중간 아침 점심 저녁 날씨 하늘 바다 나라 회사 " +
    "학교 학생 선생 선생님 의사 병원 은행 가게 시장 마트 집 방 거실 주방 화장실 부엌 아파트 빌라 동네 서울 부산 대구 " +
    "인천 광주 대전 울산 제주 경기 강원 아빠 엄마 아기 동생 형 누나 언니 오빠 남편 아내 강아지 고양이 개 영화 음악 " +
    "노래 게임 운동 여행 사진 그림 인터넷 뉴스 정보 질문 대답 답변 안녕 감사 미안 사랑 행복 기분 걱정 고민 추천 " +
    "주말 평일 월요일 화요일 수요일 목요일 금요일 토요일 일요일 오전 오후 요일 이사 청소 정리 빨래 요리 택배 주문 " +
    "환경 지구 기후 정책 법 벌금 과태료 종류 재질 크기 색깔 모양 물건 제품 사용 보관 설명 설치 신고 신청 접수 예약 " +
    "전화 번호 주소 위치 근처 가격 시세 얼마 무료 공짜 비용 결제 카드 통장 월급 의견 이름 나이 생일 소개 캐릭터 " +
    "이모티콘 비밀 비교 비행 비상 비결 차이 최근 최신 종교 종일 종합 정신 정보 정치 경제 경찰 소파수 소문 소리 소식 " +
    "가족 가수 가을 가능 가정 기사 기차 기계 기분 기본 구두로 구조 국가 국민 파도 파티 바람 바보 반대 반장 보통 " +
    "배우 배달 배송 수업 수술 수도 수영 시도 시장 시험 신호 실수 연기 연락 연습 연필로 열심 영어 온도 완전 외국 용도 " +
    "우주 운전 의미 의지 이불러 이상 이용 인사 인생 인형처럼 일본 일정 자리 자신 자유 장소 장마 전기 전부 절대 점수 " +
    "조심 주의 지도 지하 직원 진심 차례 참고 책임 천천히 초대 춤 커피 코드 크게 타인 토론 통화 특히 파란 편의점 표정 " +
    "피곤 필요 하루 한국 한번 행동 현재 호텔 혼자 화면 확인 회의 휴가 희망 사이트 세상 세대 세금 모두 모임 모습 모자라 싸기 빠뜨리 중이"
  ).split(" "),
);
