"""Feeds for the tests, in both formats."""

from xml.sax.saxutils import escape

AUTORU_NEW = """
    <car>
      <unique_id>stock-10021</unique_id>
      <mark_id>Geely</mark_id>
      <folder_id>Atlas, II</folder_id>
      <modification_id>2.0 AT (200 л.с.) 4WD</modification_id>
      <complectation_name>Flagship</complectation_name>
      <body_type>Внедорожник 5 дв.</body_type>
      <wheel>левый</wheel>
      <color>Чёрный</color><metallic>да</metallic>
      <availability>в наличии</availability>
      <custom>растаможен</custom>
      <owners_number>Не было владельцев</owners_number>
      <run>7</run><year>2025</year>
      <price>3500000</price><currency>RUR</currency>
      <credit_discount>100000</credit_discount><tradein_discount>150000</tradein_discount>
      <insurance_discount>0</insurance_discount><max_discount>250000</max_discount>
      <vin>XTATEST0000000001</vin>
      <extras>Круиз-контроль, Климат (климат-контроль 2-зонный, задний), Камера 360°</extras>
      <description>Автомобиль в салоне.
Скидки суммируются.</description>
      <images><image>https://photo.example.org/1.jpg</image><image>https://photo.example.org/2.jpg</image>
      <image>https://photo.example.org/1.jpg</image></images>
      <poi_id>г. Тверь, ул. Примерная, 1</poi_id>
      <url>https://dealer.example.org/cars/10021/</url>
    </car>"""
AUTORU_USED = """
    <car>
      <unique_id>stock-20007</unique_id>
      <mark_id>Nissan</mark_id><folder_id>Qashqai, II (J11, T32)</folder_id>
      <modification_id>1.6d MT (130 л.с.) 4WD</modification_id>
      <body_type>Внедорожник 5 дв.</body_type><wheel>Левый</wheel><color>Темно-синий</color>
      <availability>в наличии</availability><custom>не растаможен</custom>
      <state>Хорошее</state><owners_number>Два владельца</owners_number>
      <run>98\u00a0500</run><year>2016</year>
      <price>1 290 000,00 руб.</price><currency>RUR</currency><vin>z94теsт0000000002</vin>
      <pts>Оригинал</pts><license_plate>A 000 aa 69</license_plate>
      <images>https://photo.example.org/20007/1.jpg</images>
    </car>"""
AVITO_USED = """
  <Ad>
    <Id>stock-20007</Id>
    <Address>Тверь, ул. Примерная, 1</Address>
    <ManagerName>Отдел продаж</ManagerName><ContactPhone>+7 (4822) 00-00-00</ContactPhone>
    <Category>Автомобили</Category><CarType>С пробегом</CarType>
    <Make>Nissan</Make><Model>Qashqai</Model><Year>2016</Year>
    <Kilometrage>98500</Kilometrage><Owners>4+</Owners><PTS>Оригинал</PTS>
    <VIN>Z94TEST0000000002</VIN><GRN>А000АА69</GRN>
    <GenerationId>111111</GenerationId><ModificationId>1.6 CVT (114 л.с.)</ModificationId><ComplectationId/>
    <BodyType>Внедорожник</BodyType><Color>Синий</Color>
    <FuelType>Дизель</FuelType><EngineSize>1,6</EngineSize><Power>130</Power>
    <Transmission>Механика</Transmission><DriveType>Полный</DriveType><WheelType>Правый</WheelType>
    <Price>1290000</Price>
    <Interior>Кожа</Interior>
    <Heating><Option>Передних сидений</Option><Option>Зеркал</Option></Heating>
    <Airbags>Фронтальные | Шторки</Airbags>
    <Description><![CDATA[<p>Один хозяин - <strong>юрлицо</strong>.</p><ul><li>ТО</li></ul>
AvitoId: 4000000001]]></Description>
    <Images><Image url="https://photo.example.org/1.jpg"/><Image url="javascript:alert(1)"/></Images>
  </Ad>"""


def autoru(*cars, root="data"):
    body = "".join(cars)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<{root}>\n  <cars>{body}\n  </cars>\n</{root}>\n'.encode()
    )


def avito(*ads):
    body = "".join(ads)
    return f'<?xml version="1.0"?>\n<Ads formatVersion="3" target="Avito.ru">{body}\n</Ads>'.encode()


def car(number, **elements):
    """A car of Auto.ru's format; its elements can be changed, None leaves one out."""
    told = {
        "unique_id": f"s-{number}",
        "mark_id": "Haval",
        "folder_id": "Jolion",
        "year": "2025",
        "price": 2_000_000 + number,
        "vin": f"XTATEST{number:010d}",
    } | elements
    inside = "".join(
        f"<{tag}>{escape(str(value))}</{tag}>" for tag, value in told.items() if value is not None
    )
    return f"\n<car>{inside}</car>"


def large(path, number, photos=20, text=3000):
    """A file of so many cars, about 5 kB each, as the largest dealers have them."""
    shots = "".join(f"<image>https://photo.example.org/%d/{shot}.jpg</image>" for shot in range(photos))
    with open(path, "w") as file:
        file.write('<?xml version="1.0" encoding="UTF-8"?><data><cars>\n')
        for one in range(number):
            rest = f"<images>{shots.replace('%d', str(one))}</images><description>{'Текст. ' * (text // 12)}"
            file.write(car(one).replace("</car>", f"{rest}</description></car>"))
        file.write("</cars></data>")
