"""The dealership's stock: 12 cars and where they are advertised. Nothing depends on the seed.

The addon's demo data repeats `vin` and `external_id` by hand; change them here and there together.
"""

from dataclasses import dataclass

SALON = "Автосалон Север"
CITY = "Воронеж"
ADDRESS = "Воронеж, Московский проспект, 97"
COORDINATES = (51.7102, 39.1785)
PHONES = ("74732000101", "74732000102")


@dataclass(frozen=True)
class Car:
    """One car. `drive`, `gearbox`, `fuel`, `body` are Auto.ru's words in capitals; `shape` is for drawing.

    `mileage` km, `engine_cc` cubic centimetres (0 = electric), `power` hp, `price` roubles, `owners` 0 = new.
    """

    key: str
    mark: str
    model: str
    generation: str
    modification: str
    trim: str
    body: str
    shape: str
    year: int
    mileage: int
    vin: str
    plate: str
    engine_cc: int
    power: int
    fuel: str
    gearbox: str
    drive: str
    colour: str
    colour_rgb: str
    owners: int
    pts: str
    price: int
    external_id: str
    avito_id: int | None
    autoru_id: str | None
    description: str
    equipment: tuple[str, ...]

    @property
    def name(self) -> str:
        return f"{self.mark} {self.model}"

    @property
    def is_new(self) -> bool:
        return self.owners == 0

    @property
    def photos(self) -> list[str]:
        """Picture keys, the first is the main one."""
        return [f"car-{self.key}-{view}" for view in ("side", "front", "rear", "left", "cabin")]


# fmt: off
CARS = (
    Car("jolion", "Haval", "Jolion", "I Рестайлинг", "1.5 AMT (143 л.с.)", "Premium",
        "ALLROAD_5_DOORS", "suv", 2025, 0, "XZGFF06A0SA104217", "", 1_497, 143,
        "GASOLINE", "ROBOT", "FORWARD_CONTROL", "Серый", "#7d858c", 0, "ORIGINAL", 2_199_000,
        "SEV-0001", 7463700001, "1120000001-ab12cd34",
        "Новый автомобиль в наличии, ПТС на руках. Гарантия 5 лет или 150 000 км. Трейд-ин, кредит от 6,9 %.",
        ("Камера 360°", "Подогрев руля", "Адаптивный круиз-контроль", "Apple CarPlay")),
    Car("vesta", "LADA", "Vesta", "I Рестайлинг (NG)", "1.6 MT (106 л.с.)", "Comfort",
        "SEDAN", "sedan", 2023, 31_400, "XTAGFL110PY702853", "А318МК136", 1_596, 106,
        "GASOLINE", "MECHANICAL", "FORWARD_CONTROL", "Белый", "#eceff1", 1, "ORIGINAL", 1_189_000,
        "SEV-0002", 7463700002, "1120000002-0f4e9a71",
        "Один владелец, обслуживалась у дилера, есть сервисная книжка. Два комплекта резины на дисках.",
        ("Кондиционер", "Подогрев сидений", "Парктроник задний", 'Мультимедиа 10"')),
    Car("camry", "Toyota", "Camry", "VIII (XV70) Рестайлинг", "2.5 AT (200 л.с.)", "Престиж Safety",
        "SEDAN", "sedan", 2021, 64_200, "XW7BN4HK50S118462", "Е707ТА36", 2_494, 200,
        "GASOLINE", "AUTOMATIC", "FORWARD_CONTROL", "Чёрный", "#23272b", 2, "ORIGINAL", 3_290_000,
        "SEV-0003", 7463700003, "1120000003-7be20c55",
        "Без окрасов, юридически чиста, проверка на подъёмнике — пожалуйста. Оригинал ПТС, два ключа.",
        ("Кожаный салон", "Проекционный дисплей", "JBL", "Панорамная крыша")),
    Car("monjaro", "Geely", "Monjaro", "I", "2.0 AT 4WD (238 л.с.)", "Exclusive",
        "ALLROAD_5_DOORS", "suv", 2025, 0, "Y4K8752Z7SB003914", "", 1969, 238,
        "GASOLINE", "AUTOMATIC", "ALL_WHEEL_DRIVE", "Зелёный", "#2f4f43", 0, "ELECTRONIC", 4_379_990,
        "SEV-0004", 7463700004, "1120000004-c3d81e02",
        "Новый, в автосалоне, можно посмотреть сегодня. Официальный дилер, выгода по трейд-ин до 300 000 ₽.",
        ("Полный привод", "Bose, 12 динамиков", "Вентиляция сидений", "Панорама")),
    Car("sportage", "Kia", "Sportage", "IV Рестайлинг", "2.0 AT (150 л.с.)", "Luxe",
        "ALLROAD_5_DOORS", "suv", 2020, 88_700, "XWEPH81BDL0031674", "К552ОР136", 1999, 150,
        "GASOLINE", "AUTOMATIC", "ALL_WHEEL_DRIVE", "Синий", "#2b4c7e", 2, "ORIGINAL", 2_249_000,
        "SEV-0005", 7463700005, None,
        "Полный привод, тёплый пакет, обслужена перед продажей. Торг у капота.",
        ("Подогрев руля", "Камера заднего вида", "Бесключевой доступ")),
    Car("creta", "Hyundai", "Creta", "I Рестайлинг", "1.6 AT (123 л.с.)", "Active",
        "ALLROAD_5_DOORS", "hatch", 2021, 52_300, "Z94G2811BMR265038", "М119ЕС36", 1_591, 123,
        "GASOLINE", "AUTOMATIC", "FORWARD_CONTROL", "Красный", "#a3262a", 1, "ORIGINAL", 1_879_000,
        "SEV-0006", 7463700006, "1120000006-19ac64ef",
        "Родной пробег, один владелец, все ТО вовремя. Зимняя резина в подарок.",
        ("Подогрев всех сидений", "ЭРА-ГЛОНАСС", "Мультируль")),
    Car("tiguan", "Volkswagen", "Tiguan", "II Рестайлинг", "1.4 AMT (150 л.с.)", "Respect",
        "ALLROAD_5_DOORS", "suv", 2021, 71_050, "XW8ZZZ5NZMG012587", "О404ВН136", 1_395, 150,
        "GASOLINE", "ROBOT", "FORWARD_CONTROL", "Серебристый", "#b8bec4", 1, "DUPLICATE", 2_749_000,
        "SEV-0007", None, "1120000007-5d0b77a8",
        "Дубликат ПТС из-за утери, все документы проверены. Диагностика робота — при вас.",
        ("LED-фары", "Трёхзонный климат", "Электропривод багажника")),
    Car("tiggo", "Chery", "Tiggo 7 Pro", "I Рестайлинг (Max)", "1.5 CVT (147 л.с.)", "Prime",
        "ALLROAD_5_DOORS", "suv", 2024, 12_900, "LVTDB21B8RD056341", "Р880УТ136", 1_498, 147,
        "GASOLINE", "VARIATOR", "FORWARD_CONTROL", "Чёрный", "#1d2024", 1, "ELECTRONIC", 2_099_000,
        "SEV-0008", 7463700008, "1120000008-e84f3b60",
        "На гарантии до 2029 года. Без ДТП, не такси, не каршеринг.",
        ("Камера 360°", "Электропривод сидений", "Беспроводная зарядка")),
    Car("octavia", "Skoda", "Octavia", "IV (A8)", "1.4 AT (150 л.с.)", "Style",
        "LIFTBACK", "sedan", 2021, 46_800, "XW8AN6NX1MH018935", "С271КХ36", 1_395, 150,
        "GASOLINE", "AUTOMATIC", "FORWARD_CONTROL", "Синий", "#1f5f8b", 1, "ORIGINAL", 2_579_000,
        "SEV-0009", 7463700009, "1120000009-2a96d1c7",
        "Классический автомат Aisin. Большой багажник, салон как новый, не курили.",
        ("Виртуальная приборная панель", "Матричные фары", "Карты Яндекса")),
    Car("cx5", "Mazda", "CX-5", "II", "2.5 AT 4WD (194 л.с.)", "Supreme",
        "ALLROAD_5_DOORS", "suv", 2019, 97_600, "RUMKFEWLA19034726", "Т635АВ136", 2_488, 194,
        "GASOLINE", "AUTOMATIC", "ALL_WHEEL_DRIVE", "Красный", "#8c1d24", 2, "ORIGINAL", 2_649_000,
        "SEV-0010", 7463700010, "1120000010-f07b258d",
        "Фирменный красный цвет. Два комплекта колёс, сигнализация с автозапуском.",
        ("Bose", "Кожа", "Проекция на стекло", "Автозапуск")),
    Car("x3", "BMW", "X3", "III (G01)", "20d xDrive 2.0d AT (190 л.с.)", "M Sport Pure",
        "ALLROAD_5_DOORS", "suv", 2020, 83_400, "X4XTX194500Y58371", "У019СЕ136", 1995, 190,
        "DIESEL", "AUTOMATIC", "ALL_WHEEL_DRIVE", "Белый", "#f2f4f5", 2, "ORIGINAL", 4_690_000,
        "SEV-0011", None, "1120000011-8c53fa19",
        "Дизель, российская сборка, сервисная история BMW. Возможен обмен с вашей доплатой.",
        ("M-пакет", "Harman Kardon", "Адаптивная подвеска")),
    Car("duster", "Renault", "Duster", "II", "1.3 CVT 4WD (150 л.с.)", "Drive",
        "ALLROAD_5_DOORS", "hatch", 2021, 58_900, "X7LHSRGAN67094215", "Х746МР36", 1_332, 150,
        "GASOLINE", "VARIATOR", "ALL_WHEEL_DRIVE", "Коричневый", "#6b4a35", 1, "ORIGINAL", 1_829_000,
        "SEV-0012", 7463700012, None,
        "Полный привод, турбомотор. Защита картера, фаркоп снят, по кузову без вопросов.",
        ("Подогрев лобового стекла", "Круиз-контроль", "Блокировка муфты")),
)
# fmt: on

CAR_BY_KEY = {car.key: car for car in CARS}
