-- For wrk: the same job that queue_client puts, over REST.
wrk.method = "POST"
wrk.headers["Content-Type"] = "application/json"
wrk.body = '{"type":"Bench","queue":"bench","args":[{"user":1,"text":"a hundred bytes of payload as small jobs have it"}]}'
