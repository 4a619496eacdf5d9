package service

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"example.com/game-server/croupier"
	"example.com/game-server/croupier/internal/wire"
)

// read is all events of a job, as lines.
func read(t *testing.T, h *host, id string) []string {
	t.Helper()
	var lines []string
	err := h.jobs.read(t.Context(), id, func(event *wire.JobEvent) error {
		lines = append(lines, strings.TrimSpace(fmt.Sprintf("%s %d %s%s", event.Type, event.Progress, event.Message, event.Payload)))
		return nil
	})
	if err != nil {
		t.Error(err)
	}
	return lines
}

func startJob(t *testing.T, h *host) string {
	t.Helper()
	id, err := h.jobs.start(call(""))
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func TestEveryReaderHasAllEventsOfAJob(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hosting(t, func(_ context.Context, job *croupier.Job, _ []byte) ([]byte, error) {
			time.Sleep(time.Second)
			job.Progress(49.6, "half")
			job.Progress(math.NaN(), "")
			job.Progress(200, "")
			job.Log("nearly")
			return []byte(`"result"`), nil
		})
		id := startJob(t, h)
		want := []string{"started 0", "progress 50 half", "progress 0", "progress 100", "log 0 nearly", `done 100 "result"`}
		for range 2 {
			if got := read(t, h, id); !slices.Equal(got, want) {
				t.Errorf("got %q", got)
			}
		}
		time.Sleep(keepEnded)
		synctest.Wait()
		if err := h.jobs.read(t.Context(), id, nil); codeOf(err) != codes.NotFound {
			t.Errorf("got %v", err)
		}
	})
}

func TestHowJobsEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, test := range map[string]struct {
			handle croupier.Handler
			last   string
		}{
			"refused": {func(context.Context, *croupier.Job, []byte) ([]byte, error) {
				return nil, croupier.Errorf(codes.Aborted, "no")
			}, "error 0 no"},
			"cancelled": {waiting, "cancelled 0 the job was cancelled"},
			"done all the same": {func(ctx context.Context, _ *croupier.Job, _ []byte) ([]byte, error) {
				<-ctx.Done()
				return []byte("1"), nil
			}, "done 100 1"},
			"nothing to answer": {func(ctx context.Context, _ *croupier.Job, _ []byte) ([]byte, error) {
				<-ctx.Done()
				return []byte("null"), nil
			}, "cancelled 0 the job was cancelled"},
		} {
			h, _ := hosting(t, test.handle)
			id := startJob(t, h)
			synctest.Wait()
			if err := h.jobs.cancel(id); err != nil {
				t.Fatal(err)
			}
			if got := read(t, h, id); got[len(got)-1] != test.last {
				t.Errorf("%s: got %q", name, got)
			}
			h.jobs.close()
		}
	})
}

func TestJobsThatAreNotThere(t *testing.T) {
	h, _ := hosting(t, waiting)
	if err := h.jobs.cancel("f-1"); codeOf(err) != codes.NotFound {
		t.Errorf("got %v", err)
	}
	if err := h.jobs.read(t.Context(), "f-1", nil); codeOf(err) != codes.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestJobsHaveALimit(t *testing.T) {
	h, _ := hosting(t, waiting)
	first := startJob(t, h)
	for range maxJobs - 1 {
		startJob(t, h)
	}
	if _, err := h.jobs.start(call("")); codeOf(err) != codes.ResourceExhausted {
		t.Errorf("got %v", err)
	}
	// An ended one makes room.
	if err := h.jobs.cancel(first); err != nil {
		t.Fatal(err)
	}
	read(t, h, first)
	startJob(t, h)
	h.inFlight.cancelAll(&croupier.Error{Code: codes.Canceled})
	if !h.inFlight.wait(t.Context(), time.Minute) {
		t.Error("some still run")
	}
	h.jobs.close()
}

func TestChattyJobLosesItsOldestLines(t *testing.T) {
	log := newJobLog()
	for i := range maxJobEvents + 10 {
		log.append(jobEvent("log", fmt.Sprint(i)))
	}
	log.end(jobEvent("done", ""))
	log.append(jobEvent("log", "late"))
	var events []*wire.JobEvent
	if err := log.read(t.Context(), func(event *wire.JobEvent) error { events = append(events, event); return nil }); err != nil {
		t.Fatal(err)
	}
	if len(events) != maxJobEvents || events[0].Message != "11" || events[len(events)-1].Type != "done" {
		t.Errorf("%d events from %v to %v", len(events), events[0], events[len(events)-1])
	}
	big := newJobLog()
	for range 4 {
		big.append(&wire.JobEvent{Payload: make([]byte, maxJobBytes/2)})
	}
	if big.size() > maxJobBytes {
		t.Errorf("it holds %d bytes", big.size())
	}
}

func TestReaderThatLeavesIsNotWaitedFor(t *testing.T) {
	h, _ := hosting(t, waiting)
	id := startJob(t, h)
	ctx, leave := context.WithCancel(t.Context())
	err := h.jobs.read(ctx, id, func(*wire.JobEvent) error { leave(); return nil })
	if err != context.Canceled {
		t.Errorf("got %v", err)
	}
	h.inFlight.cancelAll(&croupier.Error{Code: codes.Canceled})
}

func TestTextsAreCutWhereCharactersEnd(t *testing.T) {
	if got := clip("aé", 2); got != "a" {
		t.Errorf("got %q", got)
	}
}
