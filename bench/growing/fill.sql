-- Fills a channel up to so many messages, 20 a chat, spread over two years. psql gives :channel and :messages.
-- The texts: 3 to 25 words by chance, 80 characters on average.
WITH had AS (
    SELECT count(*) AS chats FROM marketplace_conversation WHERE channel_id = :channel
), made AS (
    INSERT INTO marketplace_conversation (channel_id, company_id, marketplace, external_id, active, buyer_name, unread_count,
                                          is_unprocessed, has_gap, pull_pending, remote_read_pending, is_calls,
                                          is_partial, is_noise, is_blocked, create_uid, write_uid, create_date, write_date)
    SELECT c.id, c.company_id, c.marketplace, 'u2i-' || md5(n::text), true, 'Покупатель ' || n, 0,
           false, false, false, false, false, false, false, false, 1, 1, now(), now()
      FROM had, marketplace_channel c, generate_series(had.chats + 1, :messages / 20) n
     WHERE c.id = :channel
    RETURNING id
), words AS (
    SELECT string_to_array('здравствуйте добрый день подскажите пожалуйста машина автомобиль в наличии ещё продаётся цена торг '
        'уместен можно посмотреть сегодня завтра выходные во сколько где находитесь адрес пробег родной владелец птс '
        'оригинал комплект резины зимняя летняя кредит рассрочка взнос обмен трейд-ин моя лада веста гранта камри солярис '
        'рио октавия кузов окрашен дтп без год выпуска двигатель коробка автомат механика вариатор расход полный привод '
        'спасибо хорошо подъеду позвоните жду ответа да нет конечно скидка наличными документы осмотр сервис', ' ') AS list
)
INSERT INTO marketplace_message (channel_id, conversation_id, external_id, direction, kind, body, sent_at, state, is_noise,
                                 attempts, readings, create_uid, write_uid, create_date, write_date)
SELECT :channel, made.id, md5(made.id || '-' || k), CASE WHEN k % 2 = 0 THEN 'out' ELSE 'in' END, 'text',
       (SELECT string_agg(words.list[1 + (hashint8(made.id * 1000000::bigint + k * 1000 + w) & 2147483647)
                                         % array_length(words.list, 1)], ' ')
          FROM generate_series(1, 3 + (made.id * 7 + k * 11) % 22) w) || ' ' || made.id || k,
       now() at time zone 'utc' - (made.id * 7919 % 730) * interval '1 day' + k * interval '3 minutes',
       CASE WHEN k % 2 = 0 THEN 'read' ELSE 'received' END, false, 0, 0, 1, 1, now(), now()
  FROM made, words, generate_series(1, 20) k
 ORDER BY made.id, k;
