package service

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"google.golang.org/grpc/codes"

	"example.com/game-server/croupier"
	"example.com/game-server/croupier/internal/wire"
)

// bugs has what callers are not told.
type bugs struct {
	mu   sync.Mutex
	list []string
}

func (b *bugs) add(err error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.list = append(b.list, err.Error())
}

// hosting is a host of one function f.
func hosting(t *testing.T, handle func(context.Context, *croupier.Job, []byte) ([]byte, error)) (*host, *bugs) {
	t.Helper()
	found := &bugs{}
	function := croupier.Function{Descriptor: croupier.Descriptor{ID: "f"}, Handler: handle}
	return newHost(filled(t, owned{function, ""}), found.add), found
}

func waiting(ctx context.Context, _ *croupier.Job, _ []byte) ([]byte, error) {
	<-ctx.Done()
	return nil, ctx.Err()
}

func call(payload string) *wire.InvokeRequest {
	return &wire.InvokeRequest{
		FunctionId: "f", Payload: []byte(payload), IdempotencyKey: "key", Metadata: map[string]string{"route": "eu"},
	}
}

func TestHandlerSeesItsCall(t *testing.T) {
	h, _ := hosting(t, func(_ context.Context, job *croupier.Job, payload []byte) ([]byte, error) {
		return []byte(strings.Join([]string{job.FunctionID, job.IdempotencyKey, job.Metadata["route"], job.JobID, string(payload)}, " ")), nil
	})
	got, err := h.invoke(t.Context(), call("x"))
	if err != nil || string(got) != "f key eu  x" {
		t.Errorf("got %q, %v", got, err)
	}
	if h.inFlight.count() != 0 {
		// The handler's end is told after its answer.
		h.inFlight.wait(t.Context(), time.Minute)
	}
}

func TestWhatCallersAreToldOfFailures(t *testing.T) {
	for _, test := range []struct {
		name    string
		handle  croupier.Handler
		code    codes.Code
		message string
		isBug   bool
	}{
		{"refusal", func(context.Context, *croupier.Job, []byte) ([]byte, error) {
			return nil, croupier.Errorf(codes.NotFound, "no %s", "ada")
		}, codes.NotFound, "no ada", false},
		{"bug", func(context.Context, *croupier.Job, []byte) ([]byte, error) {
			return nil, errors.New("secret")
		}, codes.Internal, "internal error", true},
		{"panic", func(context.Context, *croupier.Job, []byte) ([]byte, error) {
			panic("secret")
		}, codes.Internal, "internal error", true},
		{"cancelled without a reason", func(context.Context, *croupier.Job, []byte) ([]byte, error) {
			return nil, context.Canceled
		}, codes.Internal, "internal error", true},
	} {
		t.Run(test.name, func(t *testing.T) {
			h, found := hosting(t, test.handle)
			_, err := h.invoke(t.Context(), call(""))
			if codeOf(err) != test.code || err.Error() != test.message {
				t.Errorf("got %v: %v", codeOf(err), err)
			}
			if isBug := len(found.list) == 1 && strings.Contains(found.list[0], "function f"); isBug != test.isBug {
				t.Errorf("told %v", found.list)
			}
		})
	}
}

func TestFunctionThatIsNotThere(t *testing.T) {
	h := newHost(&registry{}, func(error) {})
	if _, err := h.invoke(t.Context(), call("")); codeOf(err) != codes.NotFound {
		t.Errorf("got %v", err)
	}
	if _, err := h.jobs.start(call("")); codeOf(err) != codes.NotFound {
		t.Errorf("got %v", err)
	}
}

func TestCallersThatWaitNoLonger(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hosting(t, waiting)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := h.invoke(ctx, call("")); codeOf(err) != codes.DeadlineExceeded {
			t.Errorf("got %v", err)
		}
		leaving, leave := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, leave)
		if _, err := h.invoke(leaving, call("")); codeOf(err) != codes.Canceled {
			t.Errorf("got %v", err)
		}
		synctest.Wait()
		if h.inFlight.count() != 0 {
			t.Error("it still runs")
		}
	})
}

func TestDrainWaitsForHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h, _ := hosting(t, func(context.Context, *croupier.Job, []byte) ([]byte, error) {
			time.Sleep(20 * time.Second)
			return []byte("done"), nil
		})
		answered := make(chan string)
		go func() {
			answer, _ := h.invoke(context.Background(), call(""))
			answered <- string(answer)
		}()
		synctest.Wait()
		began := time.Now()
		go h.drain(t.Context(), 30*time.Second)
		if answer := <-answered; answer != "done" || time.Since(began) != 20*time.Second {
			t.Errorf("got %q after %v", answer, time.Since(began))
		}
	})
}

func TestDrainCancelsThenAnswersForHandlers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		h, _ := hosting(t, func(ctx context.Context, _ *croupier.Job, payload []byte) ([]byte, error) {
			if string(payload) == "deaf" {
				<-release
			}
			<-ctx.Done()
			return nil, ctx.Err()
		})
		type ended struct {
			payload string
			code    codes.Code
			after   time.Duration
		}
		began := time.Now()
		answers := make(chan ended, 2)
		for _, payload := range []string{"deaf", "obedient"} {
			go func() {
				_, err := h.invoke(context.Background(), call(payload))
				answers <- ended{payload, codeOf(err), time.Since(began)}
			}()
		}
		synctest.Wait()
		h.drain(t.Context(), 30*time.Second)
		for _, want := range []ended{{"obedient", codes.Unavailable, 30 * time.Second}, {"deaf", codes.Unavailable, 31 * time.Second}} {
			if got := <-answers; got != want {
				t.Errorf("got %+v, not %+v", got, want)
			}
		}
		close(release)
		synctest.Wait()
		if h.inFlight.count() != 0 {
			t.Error("it still runs")
		}
	})
}
