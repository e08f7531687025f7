#include "http_status.h"

enum http_verdict
http_status_verdict(int64_t status)
{
	if (status >= 200 && status <= 299)
		return HTTP_DONE;
	if (status >= 500 && status <= 599)
		return HTTP_TROUBLE;
	return status == 408 || status == 425 || status == 429 ? HTTP_RETRY : HTTP_HOPELESS;
}
