package report

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// TestABrowserShowsIt opens the page in Chromium, where there is one, in light,
// dark and print. The page forbids itself to load anything, and the browser
// tells the console of all that a page may not do, and of every error: it must
// have nothing to tell.
func TestABrowserShowsIt(t *testing.T) {
	browser := ""
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			browser = path
			break
		}
	}
	if browser == "" {
		t.Skip("NOT TESTED in a browser: there is no chromium")
	}
	dir := t.TempDir()
	page := filepath.Join(dir, "report.html")
	if err := os.WriteFile(page, html(t, sample(t)), 0o644); err != nil {
		t.Fatal(err)
	}
	open := func(page string, flags ...string) (stdout, console string) {
		t.Helper()
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, browser, append([]string{
			"--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-background-networking", "--no-first-run",
			"--user-data-dir=" + filepath.Join(dir, "profile"), "--virtual-time-budget=2000", "--enable-logging=stderr",
		}, append(flags, "file://"+page)...)...)
		var out, diag bytes.Buffer
		cmd.Stdout, cmd.Stderr = &out, &diag
		cmd.WaitDelay = 5 * time.Second // of processes it leaves behind
		if err := cmd.Run(); err != nil {
			t.Fatalf("%v\n%s", err, diag.String())
		}
		for line := range strings.Lines(diag.String()) {
			if strings.Contains(line, "CONSOLE") {
				console += line
			}
		}
		return out.String(), console
	}
	made := func(name string) []byte {
		t.Helper()
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}

	dom, console := open(page, "--dump-dom")
	if console != "" {
		t.Errorf("the console says:\n%s", console)
	}
	if charts, tables := strings.Count(dom, "<figure>"), strings.Count(dom, "<details>"); charts < 7 || tables != charts {
		t.Errorf("found %d charts and %d tables of their data", charts, tables)
	}
	open(page, "--window-size=1100,1400", "--screenshot="+filepath.Join(dir, "light.png"))
	open(page, "--window-size=1100,1400", "--blink-settings=preferredColorScheme=0", "--screenshot="+filepath.Join(dir, "dark.png"))
	light, dark := made("light.png"), made("dark.png")
	if bytes.Equal(light, dark) || len(light) < 50_000 || len(dark) < 50_000 {
		t.Errorf("the light picture has %d bytes, the dark one %d", len(light), len(dark))
	}
	open(page, "--print-to-pdf="+filepath.Join(dir, "print.pdf"))
	if pdf := made("print.pdf"); !bytes.HasPrefix(pdf, []byte("%PDF")) || len(pdf) < 50_000 {
		t.Errorf("printed, it has %d bytes", len(pdf))
	}

	// What would be told, so that silence means something.
	loads := filepath.Join(dir, "loads.html")
	if err := os.WriteFile(loads, bytes.Replace(html(t, sample(t)), []byte("<body>"), []byte(`<body><img src="http://127.0.0.1:9/x.png"/>`), 1), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, console := open(loads, "--dump-dom"); !strings.Contains(console, "Content Security Policy") {
		t.Errorf("a page that loads a picture: the console says %q", console)
	}
}
