#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "template_private.h"

/* More bytes are not looked at, loops counted as bytes. */
#define WORK_MAX  ((size_t)256 * 1024 * 1024)
#define LOOP_WORK 64
#define DEPTH_MAX 32
#define FIRST_OUT 256

enum tag_kind { TAG_VALUE, TAG_RAW, TAG_SECTION, TAG_INVERTED, TAG_CLOSE, TAG_COMMENT };

struct tag {
	enum tag_kind kind;
	const char *name;
	size_t len;
	const char *begin, *end; /* of the tag, or of its line if it is alone there */
};

static int render_range(struct rendering *, const char *at, const char *end, const struct scope *);

int
template_fail(struct rendering *rendering, const char *what)
{
	int line = 1;

	for (const char *c = rendering->text; c < rendering->at; c++)
		if (*c == '\n')
			line++;
	snprintf(rendering->error, rendering->error_size, "%s:%d: %s", rendering->name, line, what);
	return -1;
}

int
template_fail_tag(struct rendering *rendering, const char *what)
{
	size_t len = rendering->tag_name_len < 100 ? rendering->tag_name_len : 100;
	char text[300];

	snprintf(text, sizeof(text), "{{%.*s}} %s", (int)len, rendering->tag_name, what);
	return template_fail(rendering, text);
}

int
template_put(struct rendering *rendering, const char *data, size_t len)
{
	size_t size = rendering->out_size == 0 ? FIRST_OUT : rendering->out_size;
	char *bigger;

	if (len > TEMPLATE_MAX_BYTES - rendering->out_len)
		return template_fail(rendering, "the text becomes longer than 16 MiB");
	while (size < rendering->out_len + len + 1)
		size *= 2;
	if (size > rendering->out_size) {
		if ((bigger = realloc(rendering->out, size)) == NULL)
			return template_fail(rendering, "out of memory");
		rendering->out = bigger;
		rendering->out_size = size;
	}
	if (len > 0)
		memcpy(rendering->out + rendering->out_len, data, len);
	rendering->out_len += len;
	rendering->out[rendering->out_len] = '\0';
	return 0;
}

static int
spend(struct rendering *rendering, size_t work)
{
	rendering->work += work;
	return rendering->work > WORK_MAX ? template_fail(rendering, "it is too much work") : 0;
}

/* Tags: what stands between the braces. */

static bool
is_blank(char c)
{
	return c == ' ' || c == '\t';
}

/* Tags that write nothing take their line with them if they are alone on it. */
static void
take_line(const struct rendering *rendering, struct tag *tag)
{
	const char *begin = tag->begin, *end = tag->end;

	while (begin > rendering->text && is_blank(begin[-1]))
		begin--;
	while (end < rendering->end && is_blank(*end))
		end++;
	if (begin > rendering->text && begin[-1] != '\n')
		return;
	if (end + 1 < rendering->end && end[0] == '\r' && end[1] == '\n')
		end++;
	if (end == rendering->end && begin == rendering->text)
		return;
	if (end < rendering->end && *end++ != '\n')
		return;
	tag->begin = begin;
	tag->end = end;
}

/* The kind by the character behind the braces; those that mustache has and we do not are refused.
 */
static int
read_kind(struct rendering *rendering, struct tag *tag)
{
	static const struct {
		char mark;
		enum tag_kind kind;
	} marks[] = {
		{'#',  TAG_SECTION },
                { '^', TAG_INVERTED},
                { '/', TAG_CLOSE   },
		{ '!', TAG_COMMENT },
                { '&', TAG_RAW     }
	};

	for (size_t i = 0; tag->len > 0 && i < sizeof(marks) / sizeof(marks[0]); i++) {
		if (tag->name[0] == marks[i].mark) {
			tag->kind = marks[i].kind;
			tag->name++;
			tag->len--;
			return 0;
		}
	}
	if (tag->len > 0 && strchr(">=<$", tag->name[0]) != NULL)
		return template_fail_tag(rendering, "is a kind of tag that is not known here");
	return 0;
}

static void
trim(struct tag *tag)
{
	while (tag->len > 0 && is_blank(tag->name[0])) {
		tag->name++;
		tag->len--;
	}
	while (tag->len > 0 && is_blank(tag->name[tag->len - 1]))
		tag->len--;
}

static const char *
find(const char *at, const char *end, const char *what)
{
	return memmem(at, (size_t)(end - at), what, strlen(what));
}

/* 1 and the first tag from `at` on, 0 if there is none, -1 if it is wrong. */
static int
tag_next(struct rendering *rendering, const char *at, const char *end, struct tag *tag)
{
	const char *close;
	bool triple;

	tag->begin = find(at, end, "{{");
	if (spend(rendering, (size_t)((tag->begin != NULL ? tag->begin : end) - at) + 1) == -1)
		return -1;
	if (tag->begin == NULL)
		return 0;
	rendering->at = tag->begin;
	triple = end - tag->begin > 2 && tag->begin[2] == '{';
	tag->name = tag->begin + (triple ? 3 : 2);
	close = find(tag->name, end, triple ? "}}}" : "}}");
	if (close == NULL)
		return template_fail(rendering, "a {{ has no }}");
	tag->len = (size_t)(close - tag->name);
	tag->end = close + (triple ? 3 : 2);
	tag->kind = triple ? TAG_RAW : TAG_VALUE;
	trim(tag);
	rendering->tag_name = tag->name;
	rendering->tag_name_len = tag->len;
	if (!triple && read_kind(rendering, tag) == -1)
		return -1;
	trim(tag);
	if (tag->kind != TAG_COMMENT && tag->len == 0)
		return template_fail(rendering, "a tag without a name");
	if (tag->kind != TAG_VALUE && tag->kind != TAG_RAW)
		take_line(rendering, tag);
	return spend(rendering, (size_t)(tag->end - tag->begin)) == -1 ? -1 : 1;
}

/* Sections. */

static int
find_close(struct rendering *rendering, const struct tag *open, const char *end, struct tag *close)
{
	const char *at = open->end;
	int depth = 0, found;

	while ((found = tag_next(rendering, at, end, close)) == 1) {
		at = close->end;
		if (close->kind == TAG_SECTION || close->kind == TAG_INVERTED)
			depth++;
		if (close->kind != TAG_CLOSE || depth-- > 0)
			continue;
		if (close->len == open->len && memcmp(close->name, open->name, open->len) == 0)
			return 0;
		return template_fail_tag(rendering, "closes what is not open");
	}
	rendering->at = open->begin;
	rendering->tag_name = open->name;
	rendering->tag_name_len = open->len;
	return found == -1 ? -1 : template_fail_tag(rendering, "is opened and never closed");
}

static int
render_section(struct rendering *rendering, const struct tag *open, const struct tag *close,
    const json_t *value, const struct scope *outer)
{
	struct scope scope = { .value = value, .outer = outer, .depth = outer->depth + 1 };

	if (scope.depth > DEPTH_MAX)
		return template_fail(rendering, "sections are nested too deep");
	if (!json_is_array(value))
		return render_range(rendering, open->end, close->begin, &scope);
	for (size_t i = 0; i < json_array_size(value); i++) {
		scope.value = json_array_get(value, i);
		if (spend(rendering, LOOP_WORK) == -1 ||
		    render_range(rendering, open->end, close->begin, &scope) == -1)
			return -1;
	}
	return 0;
}

static int
render_block(struct rendering *rendering, const struct tag *open, const char **at, const char *end,
    const struct scope *scope)
{
	const json_t *value = template_find(scope, open->name, open->len);
	struct tag close;

	if (find_close(rendering, open, end, &close) == -1)
		return -1;
	*at = close.end;
	if (template_is_true(value) != (open->kind == TAG_SECTION))
		return 0;
	if (open->kind == TAG_INVERTED)
		return render_range(rendering, open->end, close.begin, scope);
	return render_section(rendering, open, &close, value, scope);
}

static int
render_value(struct rendering *rendering, const struct tag *tag, const struct scope *scope)
{
	const json_t *value = template_find(scope, tag->name, tag->len);

	if (value == NULL)
		return template_fail_tag(rendering, "is not among the job's arguments");
	return template_put_value(rendering, value, tag->kind == TAG_RAW);
}

static int
render_tag(struct rendering *rendering, const struct tag *tag, const char **at, const char *end,
    const struct scope *scope)
{
	switch (tag->kind) {
	case TAG_VALUE:
	case TAG_RAW:
		return render_value(rendering, tag, scope);
	case TAG_SECTION:
	case TAG_INVERTED:
		return render_block(rendering, tag, at, end, scope);
	case TAG_CLOSE:
		return template_fail_tag(rendering, "closes what is not open");
	case TAG_COMMENT:
		break;
	}
	return 0;
}

static int
render_range(
    struct rendering *rendering, const char *at, const char *end, const struct scope *scope)
{
	struct tag tag;
	int found;

	while ((found = tag_next(rendering, at, end, &tag)) == 1) {
		if (template_put(rendering, at, (size_t)(tag.begin - at)) == -1)
			return -1;
		at = tag.end;
		if (render_tag(rendering, &tag, &at, end, scope) == -1)
			return -1;
	}
	return found == -1 ? -1 : template_put(rendering, at, (size_t)(end - at));
}

static json_t *
words_of_job(const struct template_values *values)
{
	return json_pack("{s:s, s:I, s:s}", "jid", values->jid, "attempt",
	    (json_int_t)values->attempt, "jobtype", values->jobtype);
}

char *
template_render(enum template_kind kind, const char *name, const char *text, size_t len,
    const struct template_values *values, size_t *out_len, char *error, size_t error_size)
{
	struct rendering rendering = { .kind = kind,
		.name = name,
		.text = text,
		.end = text + len,
		.at = text,
		.error = error,
		.error_size = error_size };
	/* Most texts have no tags: they need no names either. */
	bool plain = memmem(text, len, "{{", 2) == NULL;
	json_t *words = plain ? NULL : words_of_job(values);
	const struct scope job = { .value = words },
			   args = { .value = values->args, .outer = &job },
			   first = { .value = json_array_get(values->args, 0), .outer = &args };
	bool named = json_is_object(first.value);

	if (words == NULL && !plain)
		template_fail(&rendering, "out of memory");
	else if (template_put(&rendering, "", 0) == -1 ||
		 render_range(&rendering, text, text + len, named ? &first : &args) == -1 ||
		 template_check(&rendering) == -1) {
		free(rendering.out);
		rendering.out = NULL;
	}
	json_decref(words);
	if (rendering.out != NULL && out_len != NULL)
		*out_len = rendering.out_len;
	return rendering.out;
}

const json_t *
template_lone_value(const char *text, const struct template_values *values)
{
	char error[TEMPLATE_ERROR_MAX];
	size_t len = strlen(text);
	struct rendering rendering = { .text = text,
		.end = text + len,
		.name = "",
		.error = error,
		.error_size = sizeof(error) };
	const struct scope args = { .value = values->args },
			   first = { .value = json_array_get(values->args, 0), .outer = &args };
	struct tag tag;

	if (tag_next(&rendering, text, text + len, &tag) != 1 || tag.begin != text ||
	    tag.end != text + len || (tag.kind != TAG_VALUE && tag.kind != TAG_RAW))
		return NULL;
	return template_find(json_is_object(first.value) ? &first : &args, tag.name, tag.len);
}
