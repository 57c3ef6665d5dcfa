// SPDX-License-Identifier: Apache-2.0

// Package cli holds what both commands do alike: language, version, logs, exit
// codes, and how an error becomes a sentence and a hint.
package cli

import (
	"errors"
	"fmt"
	"io"

	"carescan/scanner"
	"carescan/scanner/settings"
)

// The exit codes of every command (architecture.md, Commands).
const (
	ExitOK         = 0 // done; for scan, every control holds
	ExitFailed     = 1 // a control fails, or a verification does not hold
	ExitUnusable   = 2 // could not run: flags, configuration, scope
	ExitIncomplete = 3 // the run was incomplete and nothing failed
)

// Problem is an error for a person: what went wrong and what to do next. Cause
// is the technical detail, in English, shown after the sentence.
type Problem struct {
	Sentence scanner.Text
	Hint     scanner.Text
	Cause    error
}

// Error is the English sentence, for logs.
func (p *Problem) Error() string {
	if p.Cause == nil {
		return p.Sentence.EN
	}
	return p.Sentence.EN + ": " + p.Cause.Error()
}

// Unwrap gives the cause.
func (p *Problem) Unwrap() error { return p.Cause }

// Exit is an error that only sets the exit code: all was said already.
type Exit int

// Error names the code.
func (e Exit) Error() string { return fmt.Sprintf("exit code %d", int(e)) }

// Report writes an error as a person reads it and returns the exit code. The
// faults of a configuration come one a line, each with its hint.
func Report(w io.Writer, program string, l scanner.Lang, err error) int {
	if err == nil {
		return ExitOK
	}
	if exit := Exit(0); errors.As(err, &exit) {
		return int(exit)
	}
	tell := func(sentence, advice string) {
		label, hint := scanner.Text{FR: "erreur", EN: "error"}, scanner.Text{FR: "conseil", EN: "hint"}
		if sentence != "" {
			fmt.Fprintf(w, "%s: %s: %s\n", program, label.In(l), sentence)
		}
		if advice != "" {
			fmt.Fprintf(w, "%s: %s: %s\n", program, hint.In(l), advice)
		}
	}
	problem := (*Problem)(nil)
	faults, hasFaults := errors.AsType[settings.Faults](err)
	switch isProblem := errors.As(err, &problem); {
	case isProblem && !hasFaults:
		tell(problem.in(l), problem.Hint.In(l))
	case !hasFaults:
		tell(err.Error(), scanner.Text{FR: "voir « " + program + " --help »", EN: "see " + program + " --help"}.In(l))
	default:
		if isProblem {
			tell(problem.Sentence.In(l), "")
		}
		for _, fault := range faults {
			tell(fault.Sentence(l), fault.Hint.In(l))
		}
		if isProblem {
			tell("", problem.Hint.In(l))
		}
	}
	return ExitUnusable
}

func (p *Problem) in(l scanner.Lang) string {
	if p.Cause == nil {
		return p.Sentence.In(l)
	}
	return p.Sentence.In(l) + ": " + p.Cause.Error()
}
