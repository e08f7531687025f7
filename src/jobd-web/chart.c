#include <stdio.h>

#include "chart.h"

/* Of the picture's own coordinates. */
#define WIDTH  720.0
#define HEIGHT 100.0
#define SPARK  24.0

double
chart_top(double most)
{
	static const double steps[] = { 1, 2, 5 };
	double ten = 1;

	for (;; ten *= 10)
		for (size_t i = 0; i < sizeof(steps) / sizeof(steps[0]); i++)
			if (steps[i] * ten >= most || ten >= 1e18)
				return steps[i] * ten;
}

static const char *
format_count(double value, char *buf, size_t size)
{
	snprintf(buf, size, value > 0 && value < 1 ? "%.1f" : "%.0f", value);
	return buf;
}

/* The figures at the left, top first, and the picture's frame with its grid. */
static void
plot_begin(struct buf *out, const char *look, const char *summary, double top, chart_format *format)
{
	char text[3][32];

	buf_printf(out,
	    "<div class=\"chart %s\"><div class=\"scale\" aria-hidden=\"true\"><span>%s</span>"
	    "<span>%s</span><span>%s</span></div><svg viewBox=\"0 0 %.0f %.0f\" "
	    "preserveAspectRatio=\"none\" role=\"img\" aria-label=\"",
	    look, format(top, text[0], sizeof(text[0])), format(top / 2, text[1], sizeof(text[1])),
	    format(0, text[2], sizeof(text[2])), WIDTH, HEIGHT);
	buf_html(out, summary);
	buf_text(out, "\">");
	for (int i = 0; i < 3; i++)
		buf_printf(out, "<path class=\"grid\" d=\"M0 %.1fH%.0f\"/>",
		    i == 0 ? 0.5 : HEIGHT * i / 2 - 0.5, WIDTH);
}

static void
put_bar(struct buf *out, const struct chart_bar *bar, double left, double width, double scale,
    const char *below, const char *above)
{
	double low = bar->below * scale, high = bar->above * scale, gap = width * 0.15;

	buf_text(out, "<g><title>");
	buf_html(out, bar->name);
	buf_printf(out,
	    ": %.0f %s, %.0f %s</title><rect class=\"hit\" x=\"%.2f\" y=\"0\" width=\"%.2f\" "
	    "height=\"%.0f\"/>",
	    bar->below, below, bar->above, above, left, width, HEIGHT);
	if (low > 0)
		buf_printf(out,
		    "<rect class=\"below\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
		    left + gap, HEIGHT - low, width - 2 * gap, low);
	if (high > 0)
		buf_printf(out,
		    "<rect class=\"above\" x=\"%.2f\" y=\"%.2f\" width=\"%.2f\" height=\"%.2f\"/>",
		    left + gap, HEIGHT - low - high, width - 2 * gap, high);
	buf_text(out, "</g>");
}

void
chart_bars(struct buf *out, const char *summary, const struct chart_bar *bars, size_t count,
    size_t every, const char *below, const char *above)
{
	double most = 0, top, width = WIDTH / (double)(count > 0 ? count : 1);

	for (size_t i = 0; i < count; i++)
		if (bars[i].below + bars[i].above > most)
			most = bars[i].below + bars[i].above;
	top = chart_top(most);
	plot_begin(out, "bars", summary, top, format_count);
	for (size_t i = 0; i < count; i++)
		put_bar(out, &bars[i], (double)i * width, width, (HEIGHT - 1) / top, below, above);
	buf_text(out, "</svg><div class=\"axis\" aria-hidden=\"true\">");
	for (size_t i = 0; i < count; i += every) {
		buf_text(out, "<span>");
		buf_html(out, bars[i].name);
		buf_text(out, "</span>");
	}
	buf_printf(out,
	    "</div></div><p class=\"legend\"><span class=\"below\">%s</span> "
	    "<span class=\"above\">%s</span></p>",
	    below, above);
}

/* One path for the line, or, closed at the foot, for the area below it. */
static void
put_path(struct buf *out, const struct chart_point *points, size_t count, double top, double height,
    bool is_area)
{
	double x = 0;

	buf_printf(out, "<path class=\"%s\" d=\"", is_area ? "area" : "line");
	for (size_t i = 0; i < count; i++) {
		double y = height - 1 - points[i].value / top * (height - 2);
		bool begins = i == 0 || points[i].apart;

		if (begins && is_area && i > 0)
			buf_printf(out, "V%.0fZ", height);
		x = points[i].at * WIDTH;
		if (begins && is_area)
			buf_printf(out, "M%.1f %.0fV%.1f", x, height, y);
		else
			buf_printf(out, "%c%.1f %.1f", begins ? 'M' : 'L', x, y);
		/* A lone point is a dot. */
		if (begins && !is_area && (i + 1 == count || points[i + 1].apart))
			buf_text(out, "h0.1");
	}
	if (is_area && count > 0)
		buf_printf(out, "V%.0fZ", height);
	buf_text(out, "\"/>");
}

static double
highest(const struct chart_point *points, size_t count)
{
	double most = 0;

	for (size_t i = 0; i < count; i++)
		if (points[i].value > most)
			most = points[i].value;
	return most;
}

void
chart_line(struct buf *out, const char *look, const char *summary, const struct chart_point *points,
    size_t count, double least, chart_format *format, const char *from, const char *to)
{
	double most = highest(points, count), top = chart_top(most > least ? most : least);

	plot_begin(out, look, summary, top, format);
	put_path(out, points, count, top, HEIGHT, true);
	put_path(out, points, count, top, HEIGHT, false);
	buf_printf(out,
	    "</svg><div class=\"axis ends\" aria-hidden=\"true\"><span>%s</span><span>%s</span>"
	    "</div></div>",
	    from, to);
}

void
chart_spark(
    struct buf *out, const char *look, const struct chart_point *points, size_t count, double top)
{
	double most = highest(points, count);

	if (top < most)
		top = most > 0 ? most : 1;
	buf_printf(out,
	    "<svg class=\"spark %s\" viewBox=\"0 0 %.0f %.0f\" preserveAspectRatio=\"none\" "
	    "aria-hidden=\"true\">",
	    look, WIDTH, SPARK);
	put_path(out, points, count, top, SPARK, true);
	put_path(out, points, count, top, SPARK, false);
	buf_text(out, "</svg>");
}
