from mmner.cli.calibrate import main

raise SystemExit(main())
