from metahdr.cli import main

main()
