-- The characters people collect, and who owns which. The texts are rows so that they may change without a release;
-- codes and ids are for ever: `characterId` of shared/contract/ids.ts.
create schema if not exists character;

create table character.characters (
  id uuid primary key,
  code varchar(64) not null unique,
  name text not null,
  description text,
  type_label text not null,
  dialog text not null,
  match_label text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);

create index characters_by_match on character.characters (match_label) where match_label is not null;

-- The reference to the account is what makes a deletion complete: a reward on its way finds nobody.
create table character.character_ownerships (
  id uuid primary key,
  user_id uuid not null references users.accounts (id) on delete cascade,
  character_id uuid not null references character.characters (id) on delete cascade,
  character_code text not null,
  source text,
  status text not null default 'owned' check (status in ('owned', 'burned', 'traded')),
  acquired_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (user_id, character_code)
);

create index character_ownerships_by_character on character.character_ownerships (character_id);

-- What a person's collection shows: a copy, so that a character that leaves the catalogue stays with who earned it.
create table users.user_characters (
  id uuid primary key,
  user_id uuid not null references users.accounts (id) on delete cascade,
  character_id uuid not null,
  character_code text not null,
  character_name text not null,
  character_type text,
  character_dialog text,
  source text,
  status text not null default 'owned' check (status in ('owned', 'burned', 'traded')),
  acquired_at timestamptz not null default now(),
  updated_at timestamptz not null default now(),
  unique (user_id, character_code)
);

insert into character.characters (id, code, name, description, type_label, dialog, match_label) values
  ('00000000-0000-0000-0000-000000000001', 'char-eco', '이코', '분리배출을 처음부터 같이해 주는 대표 캐릭터',
    '기본', '안녕, 나는 이코! 헷갈리면 나를 불러, 같이 찾으면 금방이야!', '대표 캐릭터'),
  ('454a942c-dac3-5022-99da-9cef070a41bc', 'char-paepy', '페이피', '상자와 신문, 책을 반듯하게 모으는 종이 친구',
    '종이', '테이프랑 철심은 떼고, 젖지 않게 각 잡아 접어 줘!', '종이'),
  ('d670c9d5-ea55-5487-993d-a1238938f726', 'char-factory', '팩토리', '우유팩과 주스팩을 지키는 든든한 친구',
    '종이팩', '나는 종이랑 가는 길이 달라. 헹구고 펼치고 말려서 따로 모아 줘!', '종이팩'),
  ('709471dc-2503-5143-b5a4-01f29691a4dd', 'char-petty', '페티', '맑은 물병과 음료병에서 태어난 투명한 친구',
    '무색페트병', '라벨은 벗고, 꾹 눌러 납작하게, 뚜껑까지 닫으면 준비 끝!', '무색페트병'),
  ('9586c69a-9d38-5e4d-be9d-42754296678e', 'char-plea', '플리', '통도 되고 그릇도 되는 플라스틱 재주꾼',
    '플라스틱', '모양은 달라도 괜찮아, 깨끗이 헹구면 우리는 한 팀이야!', '플라스틱류'),
  ('626276be-6a87-5054-8a5f-d29c54a39cdc', 'char-bini', '비니', '바람에도 둥실 떠오르는 가벼운 비닐 친구',
    '비닐', '깨끗하게 털어서, 속 보이는 봉투에 다 같이 모아 줘!', '비닐류'),
  ('1098b2d4-d6ab-5ab1-879e-8422b83f4a6c', 'char-foamy', '폼이', '소중한 물건을 폭신하게 품어 주던 친구',
    '스티로폼', '스티커도 테이프도 안녕! 말끔하게 떼고 보송하게 내놔 줘.', '발포합성수지'),
  ('99dd6bb5-acd1-5795-b3af-72e7e064d272', 'char-glassy', '글래시', '햇빛을 받으면 반짝 인사하는 유리병 친구',
    '유리병', '뚜껑을 빼고 헹궈서, 깨지지 않게 조심조심 데려가 줘!', '유리병'),
  ('09830623-10a2-5228-861d-9c9d55deac47', 'char-metally', '메탈리', '캔과 쇠붙이를 지키는 힘센 친구',
    '금속', '비웠어? 헹궜어? 날카로운 건 감쌌지? 그럼 나한테 맡겨!', '금속류'),
  ('fd9064c7-f731-59ac-987a-0a6711040c42', 'char-cotton', '코튼', '깨끗한 옷을 다음 주인에게 이어 주는 친구',
    '의류', '잘 빨아서 말려 내놓으면, 다음 사람도 포근할 거야!', '의류및원단'),
  ('4d887c5d-5973-5e54-9a67-a8e494c1aad5', 'char-battery', '배리', '작은 몸에 힘을 가득 담은 전지 친구',
    '전지', '부딪치면 불꽃이 튈 수 있어. 꼭 전용 수거함에 넣어 줘, 약속!', '전지'),
  ('9f63967f-eb41-5949-bfe6-b15c0db96a06', 'char-lighty', '라이티', '밤새 방을 밝히고도 웃는 조명 친구',
    '조명', '깨지지 않게 살살 감싸서, 형광등 수거함까지 같이 가자!', '조명제품'),
  ('12d5053e-ab6b-57b6-929d-6c6e4e26bd74', 'char-eb7429f0523f', '일렉', '고칠 방법부터 찾는 똑똑한 전자제품 친구',
    '전기전자제품', '뜯지 말고 그대로, 개인정보는 지우고 보내 줘!', '전기전자제품');
