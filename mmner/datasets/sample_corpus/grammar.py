"""How entities are composed: a symbol, and the patterns of which one is drawn. `{symbol}` stands for another draw.

A symbol without a pattern here is a word list of `gazetteers.py`.
"""

COMPOSITIONS: dict[str, list[str]] = dict(
    name=['{local_name}', '{local_name}', '{local_name}', '{foreign_name}', '{surname}先生', '{surname}女士'],
    local_name=['{surname}{given_last}', '{surname}{given_first}{given_last}', '{surname}{given_first}{given_last}'],
    foreign_name=['{foreign_head}{foreign_middle}{foreign_tail}', '{foreign_head}{foreign_tail}',
                  '{foreign_first}·{foreign_middle}{foreign_tail}'],
    town=['{city}', '{city}', '{province}省', '{district}区'],
    street=['{road}路{house}号', '{road}路', '{road}大街{house}号', '{road}大道'],
    estate_address=['{estate}小区', '{estate}花园{small}号楼', '{estate}公寓'],
    company=['{brand}{industry}', '{brand}{industry}有限公司', '{brand}{industry}公司', '{brand}集团', '{brand}银行',
             '{latin_head}{latin_tail}', '{latin_head}{latin_tail}'],
    government=['{city}市{bureau}', '{city}市{bureau}', '{province}省{department}', '{central}', '{city}市政府'],
    court=['{city}市法院'],
    police=['{city}市公安局', '{province}省公安厅'],
    office=['{country}{ministry}', '{central}'],
    organization=['{team}', '{university}', '{society}', '{league}'],
    society=['{city}{trade}协会', '{province}省{sport}协会', '{brand}慈善基金会'],
    team=['{city}{mascot}队', '{city}{mascot}队', '{country}队'],
    league=['{sport}超级联赛', '{sport}甲级联赛', '{city}{sport}公开赛'],
    university=['{city}大学', '{city}{field}大学', '{province}{field}学院', '{city}第{ordinal}中学'],
    position=['{manager}', '{official}', '{scholar}', '{worker}', '{worker}'],
    scene=['{scene_root}{scene_kind}', '{scene_root}{scene_kind}', '{scene_root}{scene_kind}', '{landmark}'],
    title=['{title_head}的{title_tail}', '{title_short}', '{title_head}{title_tail}', '{title_short}之{title_tail}'],
    book=['《{title}》', '《{title}》', '《{title}》', '《{subject}概论》', '《{subject}入门》', '《{title}（上册）》'],
    statute=['《{regulation}条例》', '《{regulation}管理办法》', '《关于加强{regulation}工作的通知》'],
    newspaper=['《{city}晚报》', '《{province}日报》', '《{city}商报》'],
    movie=['《{title}》', '《{title}》', '《{title}》', '《{title}2》', '《{title}：{title_short}》', '《{title}前传》'],
    game=['《{title}》', '《{title}》', '《{title}3》', '{title_short}OL', '{title_short}OL', '《{game_head}{game_tail}》'],
)
