/*
 * Feeds answers of programs that are checked to the reader, and checks what it promises: the body
 * lies inside the buffer, and what is known of a beginning stays so when more comes.
 */
#include <stdint.h>
#include <stdlib.h>

#include "jobd-runner/http_answer.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *text = (const char *)data;
	struct http_answer before = { .status = 0 };

	for (size_t len = 0; len <= size; len++) {
		struct http_answer answer = http_answer_read(text, len);

		if (answer.status < -1 || answer.status > 999 ||
		    (answer.whole && answer.body == NULL))
			abort();
		if (answer.body != NULL &&
		    (answer.body < text || answer.body + answer.body_len != text + len))
			abort();
		if (before.status != 0 && before.status != answer.status)
			abort();
		if ((before.body != NULL && before.body != answer.body) ||
		    (before.whole && !answer.whole))
			abort();
		before = answer;
	}
	return 0;
}
