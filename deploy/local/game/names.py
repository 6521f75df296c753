"""Names as Chinese players give them to themselves, drawn from word lists."""

from __future__ import annotations

import random

from deploy.local.game.words import words

FRONT = words(
    "清风 明月 长安 江南 塞北 烟雨 落花 流云 孤舟 寒江 夜雨 星河 月下 山海 听雪 踏歌 醉卧 把酒 仗剑 折柳 "
    "拾光 归去 浮生 南柯 北冥 东篱 西楼 青衫 白衣 红尘 墨染 琉璃 半夏 初晴 暮色 晨曦 霜降 惊蛰 谷雨 白露 "
    "逍遥 无双 狂龙 烈焰 破军 贪狼 七杀 霸天 战魂 铁血 傲世 凌霄 苍穹 九天 天启 神话 王者 至尊 幽冥 血色 "
    "奶茶 团子 布丁 年糕 汤圆 芝麻 柠檬 西瓜 橘子 芒果 土豆 番茄 辣条 泡面 火锅 烤串 可乐 豆浆 油条 包子 "
    "懒洋洋 不高兴 没头脑 想睡觉 又熬夜 在摸鱼 不上班 加班中 减肥中 戒游戏 打酱油 路过的 隔壁 楼下 村口 城南"
)
BACK = words(
    "听风 醉酒 问剑 煮茶 归人 过客 故里 旧梦 无痕 未央 如歌 似水 长歌 绝恋 轻舞 飞扬 微凉 浅笑 倾城 知秋 "
    "剑客 刀客 游侠 书生 道长 将军 城主 盟主 掌柜 大侠 少年 先生 姑娘 公子 老王 小李 阿强 二狗 三哥 四爷 "
    "大魔王 小可爱 大叔 学长 师妹 队长 班长 同学 老板 老铁 大哥 小姐姐 小哥哥 阿姨 爷爷 宝宝 王子 公主 骑士 "
    "猫 狗 熊 兔 鱼 鹿 狐 鹰 虎 龙 的猫 的狗 的鱼 的剑 的刀 的梦 的风 的雨 的酒 的歌"
)
WHOLE = words(
    "沧海一声笑 十步杀一人 千里不留行 明月何时有 一蓑烟雨任平生 人间不值得 今晚打老虎 我就看看不充钱 "
    "充钱使我快乐 氪金不改命 零氪到天荒 月卡党的尊严 再抽一发就收手 保底永远吃满 十连从来不出货 非酋本酋 "
    "欧皇附体 天选打工人 下班就上线 老婆不让玩 孩子睡了再打 周末才有空 全服第一帅 别打我是奶妈 种田养老 "
    "专业采矿二十年 盟主喊我上线 一觉醒来没兵了 城被打飞了 和平使者 只想安静种田 早起签到 夜里偷家 迁城专业户"
)
MARKS = ("", "", "", "", "", "", "丶", "灬", "℡", "ღ", "·")
SURNAMES = tuple("王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈")
GIVEN = words(
    "伟 芳 娜 敏 静 丽 强 磊 军 洋 勇 艳 杰 娟 涛 明 超 霞 平 刚 浩然 子轩 雨桐 欣怡 梓涵 一诺 佳琪 思远 俊杰 志强 "
    "晓东 海燕 建国 建华 文博 天宇 雪梅 春燕 红梅 国强 少华 玉兰 宇航 嘉豪 诗涵 梦瑶 雅婷 晨阳 立新 永康"
)
LATIN = words(
    "sunny lucky happy kiki momo lulu nana coco vivi jojo tiger dragon panda wolf eagle fish cloud moon star rain "
    "snow wind sea hill ocean leo max tom jack ray sam ken alan eric kevin jason tony amy lily anna cindy"
)


def nickname(rng: random.Random) -> str:
    """A name in the game, 2 to 10 characters."""
    style = rng.random()
    if style < 0.12:
        return rng.choice(WHOLE)
    name = rng.choice(FRONT) + rng.choice(BACK)
    mark = rng.choice(MARKS)
    if style < 0.25:
        return f"{name}{rng.choice((rng.randint(1, 99), rng.randint(80, 99), 520, 666, 888, 1314))}"
    return f"{name[:2]}{mark}{name[2:]}" if style < 0.6 else name


def person(rng: random.Random) -> str:
    """A Chinese person's name, as staff and some players use it."""
    return rng.choice(SURNAMES) + rng.choice(GIVEN)


def wechat_name(rng: random.Random) -> str:
    """What stands over a chat in WeChat: a name, a nickname, a family role."""
    style = rng.random()
    if style < 0.35:
        return nickname(rng)
    if style < 0.65:
        return person(rng)
    if style < 0.8:
        return f"{rng.choice('ABCDEFGHJKLMSWXYZ')}{rng.choice(('.', ' ', '-', ''))}{person(rng)}"
    if style < 0.9:
        child = rng.choice(GIVEN)
        return f"{child}{rng.choice(('爸爸', '妈妈', '他爸', '她妈'))}"
    return rng.choice(LATIN).capitalize() + rng.choice(("", "", " 🌙", " 🐯", "🌻", "～"))


def wechat_id(rng: random.Random) -> str:
    """A WeChat ID: 6 to 20 of a–z, 0–9, _ and -, beginning with a letter."""
    style = rng.random()
    if style < 0.4:
        return "wxid_" + "".join(rng.choices("abcdefghijkmnpqrstuvwxyz0123456789", k=14))
    word = rng.choice(LATIN)
    year = rng.randint(1972, 2006)
    if style < 0.7:
        return f"{word}_{rng.choice(LATIN)}{rng.randint(1, 999)}"
    return f"{word}{rng.choice(('', '_', '-'))}{year}{rng.randint(1, 12):02d}{rng.choice(('', rng.randint(1, 28)))}"
