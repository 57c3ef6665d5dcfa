// SPDX-License-Identifier: Apache-2.0

// Package worker is the process in which the template engine works. It is the
// only package that imports nuclei. What it is told and what it answers is
// described in package nuclei, its parent.
//
// A worker reads one plan, locks every way out but the door of the plan, runs
// each template in turn, says how each ended, and ends. Compiling it is slow:
// build, test and vet it with CGO_ENABLED=0 and -trimpath, never with -race.
package worker

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"runtime/debug"
	"slices"

	"carescan/scanner"
	"carescan/scanner/probes/nuclei"
)

// Run works through the plan on the input and returns the exit code.
func Run(stdin io.Reader, stdout io.Writer) int {
	plan, err := nuclei.ReadPlan(stdin)
	if err == nil {
		err = lockKernel(plan.MemoryLimit)
	}
	if err == nil {
		err = work(plan, stdin, stdout)
	}
	if err == nil {
		return 0
	}
	fmt.Fprintln(os.Stderr, "nuclei worker:", err)
	if errors.Is(err, nuclei.ErrOtherProtocol) {
		return nuclei.ExitOtherProtocol
	}
	return 1
}

// work does everything but the locks of the kernel, which some systems lack.
func work(plan nuclei.Plan, stdin io.Reader, stdout io.Writer) error {
	go endWith(stdin)
	// The engine prints; the answers must stay alone on the output.
	os.Stdout = os.Stderr
	debug.SetMemoryLimit(plan.MemoryLimit / 4 * 3)
	debug.SetGCPercent(800) // a short life under that limit: sweeping often would only slow it
	out := &door{path: plan.Door, secret: plan.Secret}
	lockLibraries(out)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	ready := make(chan []checked, 1)
	go func() { ready <- verified(plan.Templates) }() // while the engine starts
	e, err := newEngine(ctx, plan, out.permit)
	if err != nil {
		return err
	}
	defer e.close()
	return answer(ctx, e, plan.URL, <-ready, json.NewEncoder(stdout))
}

// endWith ends the process when the parent is gone.
func endWith(stdin io.Reader) {
	_, _ = io.Copy(io.Discard, stdin)
	os.Exit(1)
}

// patience is how many templates in a row a site may leave without an answer.
// Each made several requests, twice: the site is down or pushes us back, and
// going on would be rude (exposure-checks.md section 1.2).
const patience = 2

func answer(ctx context.Context, e *engine, site string, templates []checked, out *json.Encoder) error {
	if err := out.Encode(nuclei.Line{Engine: engineName()}); err != nil {
		return err
	}
	unanswered := 0
	for group := range e.prepare(share(templates)) {
		results := notTried(group.results)
		if unanswered < patience {
			results = e.run(ctx, site, group)
		}
		unanswered++
		if ran(results) {
			unanswered = 0
		}
		for _, r := range results {
			if err := out.Encode(nuclei.Line{Result: &r}); err != nil {
				return err
			}
		}
	}
	return out.Encode(nuclei.Line{Done: true})
}

func ran(results []nuclei.Result) bool {
	return slices.ContainsFunc(results, func(r nuclei.Result) bool { return r.Ran })
}

func notTried(group []nuclei.Result) []nuclei.Result {
	var results []nuclei.Result
	for _, r := range group {
		results = append(results, nuclei.Result{ID: r.ID, Error: "not tried, because the site left the others without an answer"})
	}
	return results
}

// share puts together the templates that make the same single request: its
// answer is read by all of them.
func share(templates []checked) [][]checked {
	var groups [][]checked
	place := map[string]int{}
	for _, t := range templates {
		at, known := place[t.shared]
		if known {
			groups[at] = append(groups[at], t)
			continue
		}
		if t.shared != "" {
			place[t.shared] = len(groups)
		}
		groups = append(groups, []checked{t})
	}
	return groups
}

// checked is a template after it was verified.
type checked struct {
	planned nuclei.PlannedTemplate
	shared  string // names its only request; empty when it has none of its own, or was refused
	err     error  // why it does not run
}

func verified(templates []nuclei.PlannedTemplate) []checked {
	all := make([]checked, 0, len(templates))
	for _, t := range templates {
		shared, err := verify(t)
		all = append(all, checked{t, shared, err})
	}
	return all
}

// verify refuses a template that is not the one announced, or that asks for
// more than looking. It returns the name of the request that may be shared.
func verify(t nuclei.PlannedTemplate) (string, error) {
	if scanner.Digest(t.Data) != t.Digest {
		return "", errors.New("the template does not have the announced hash")
	}
	parsed, err := nuclei.ParseTemplate(t.Data)
	if err != nil {
		return "", err
	}
	if parsed.ID != t.ID {
		return "", fmt.Errorf("the template calls itself %q", parsed.ID)
	}
	return parsed.Shared, nil
}
