#include "base/run_dir.h"

#include "outboxes.h"

int
main(int argc, char *argv[])
{
	return outboxes_main(run_dir_from("jobd-outbox", argc, argv));
}
