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
	if err != nil {
		fmt.Fprintln(os.Stderr, "nuclei worker:", err)
		return 1
	}
	return 0
}

// work does everything but the locks of the kernel, which some systems lack.
func work(plan nuclei.Plan, stdin io.Reader, stdout io.Writer) error {
	go endWith(stdin)
	// The engine prints; the answers must stay alone on the output.
	os.Stdout = os.Stderr
	debug.SetMemoryLimit(plan.MemoryLimit / 4 * 3)
	lockLibraries(door{plan.Door, plan.Secret})
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	e, err := newEngine(ctx, plan)
	if err != nil {
		return err
	}
	defer e.close()
	return answer(ctx, e, plan, json.NewEncoder(stdout))
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

func answer(ctx context.Context, e *engine, plan nuclei.Plan, out *json.Encoder) error {
	if err := out.Encode(nuclei.Line{Engine: engineName()}); err != nil {
		return err
	}
	unanswered := 0
	for _, together := range share(plan.Templates) {
		results := notTried(together)
		if unanswered < patience {
			results = e.run(ctx, plan.URL, together)
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

func notTried(templates []nuclei.PlannedTemplate) []nuclei.Result {
	var results []nuclei.Result
	for _, t := range templates {
		results = append(results, nuclei.Result{ID: t.ID, Error: "not tried, because the site left the others without an answer"})
	}
	return results
}

// share puts together the templates that make the same single request: its
// answer is read by all of them.
func share(templates []nuclei.PlannedTemplate) [][]nuclei.PlannedTemplate {
	var groups [][]nuclei.PlannedTemplate
	place := map[string]int{}
	for _, t := range templates {
		parsed, err := nuclei.ParseTemplate(t.Data)
		at, known := place[parsed.Shared]
		if err == nil && known {
			groups[at] = append(groups[at], t)
			continue
		}
		if err == nil && parsed.Shared != "" {
			place[parsed.Shared] = len(groups)
		}
		groups = append(groups, []nuclei.PlannedTemplate{t})
	}
	return groups
}

// verify refuses a template that is not the one announced, or that asks for
// more than looking.
func verify(t nuclei.PlannedTemplate) error {
	if scanner.Digest(t.Data) != t.Digest {
		return errors.New("the template does not have the announced hash")
	}
	parsed, err := nuclei.ParseTemplate(t.Data)
	if err != nil {
		return err
	}
	if parsed.ID != t.ID {
		return fmt.Errorf("the template calls itself %q", parsed.ID)
	}
	return nil
}
