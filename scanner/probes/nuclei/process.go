// SPDX-License-Identifier: Apache-2.0

package nuclei

import (
	"context"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"time"

	"carescan/scanner"
)

// maxComplaint is how much of the standard error of a worker is read.
const maxComplaint = 4 << 10

// start begins a worker in a folder of its own, and tells it the plan.
func (s *workshop) start(folder string) (*worker, error) {
	plan, err := s.plan()
	if err != nil {
		return nil, err
	}
	ctx, stop := context.WithCancel(context.Background())
	w := &worker{stop: stop, words: make(chan []byte), gone: make(chan struct{}), jobs: map[int]*job{}}
	w.cmd, err = s.command(ctx, folder)
	if err != nil {
		stop()
		return nil, err
	}
	for _, file := range w.cmd.ExtraFiles {
		defer file.Close()
	}
	w.cmd.Stdout, w.cmd.Stderr = w, &w.complaint
	stdin, err := w.cmd.StdinPipe()
	if err == nil {
		err = w.cmd.Start()
	}
	if err != nil {
		stop()
		return nil, unreadable(err)
	}
	// Wait closes the input, which is how a lost parent is told from a slow one.
	go w.speak(stdin, plan)
	return w, nil
}

func (s *workshop) plan() ([]byte, error) {
	plan := Plan{Protocol: Protocol, Templates: planned(s.templates), MemoryLimit: s.options.MemoryLimit}
	line, err := json.Marshal(plan)
	if err != nil {
		return nil, fmt.Errorf("encode the plan of the template engine: %w", err)
	}
	return append(line, '\n'), nil
}

func planned(templates []Template) []PlannedTemplate {
	list := make([]PlannedTemplate, 0, len(templates))
	for _, t := range templates {
		list = append(list, PlannedTemplate{t.ID, t.Digest, t.data})
	}
	return list
}

// command prepares a process of the verified program, with nothing of our
// environment, and which dies with all its descendants.
func (s *workshop) command(ctx context.Context, folder string) (*exec.Cmd, error) {
	path, open, err := s.executable(folder)
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, path, s.options.Program.Args...)
	cmd.Args[0], cmd.ExtraFiles = s.options.Program.Path, open
	cmd.Dir = folder
	cmd.Env = environment(folder, s.options.MemoryLimit)
	cmd.WaitDelay = 2 * time.Second
	ownGroup(cmd)
	return cmd, nil
}

// environment sends every file the engine writes to a folder that is removed.
func environment(folder string, memory int64) []string {
	env := []string{fmt.Sprintf("GOMEMLIMIT=%d", memory/4*3), "GOTRACEBACK=none"}
	for _, name := range []string{
		"HOME", "USERPROFILE", "APPDATA", "LOCALAPPDATA", "XDG_CONFIG_HOME", "XDG_CACHE_HOME", "XDG_DATA_HOME",
		"TMPDIR", "TEMP", "TMP",
	} {
		env = append(env, name+"="+folder)
	}
	env = append(env, "NUCLEI_CONFIG_DIR="+filepath.Join(folder, "config"), "NUCLEI_TEMPLATES_DIR="+filepath.Join(folder, "none"))
	if runtime.GOOS == "windows" {
		env = append(env, "SystemRoot="+os.Getenv("SystemRoot")) // sockets do not work without it
	}
	return env
}

// complaint keeps the beginning of the standard error of a worker. It is never
// shown: it may hold traces, addresses and words of the site.
type complaint struct{ text []byte }

// Write takes what the worker complains of.
func (c *complaint) Write(data []byte) (int, error) {
	c.text = append(c.text, data[:min(len(data), maxComplaint-len(c.text))]...)
	return len(data), nil
}

func (c *complaint) summary(err error) string {
	text := string(c.text)
	switch {
	case strings.Contains(text, "out of memory") || strings.Contains(text, "cannot allocate memory"):
		return "the worker needed more memory than allowed"
	case strings.Contains(text, "panic: ") || strings.Contains(text, "fatal error: "):
		return "the worker crashed"
	case err != nil:
		return "the worker failed: " + scanner.Technical(err.Error())
	}
	return "the worker ended before its last template"
}
