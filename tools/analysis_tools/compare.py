from mmner.cli.compare import main

raise SystemExit(main())
