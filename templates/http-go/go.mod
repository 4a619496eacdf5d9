module example.com/game-server

go 1.22
